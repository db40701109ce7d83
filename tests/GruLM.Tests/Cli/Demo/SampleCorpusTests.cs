// The sample corpus is a measuring rod: its -log p must be exact, its text the same on every machine, its entropy in the promised range.
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Cli.Demo;

namespace GruLM.Tests.Demo;

public class SampleCorpusTests
{
    [Fact]
    public void Reading_a_text_back_gives_the_log_probability_of_the_choices_that_wrote_it()
    {
        for (ulong seed = 0; seed < 300; seed++)
        {
            string text = SampleCorpus.Generate(seed, 5000, out double nats);
            Assert.InRange(text.Length, 5000, 7000);
            Assert.True(Math.Abs(SampleCorpus.NegativeLogLikelihood(text) - nats) <= 1e-9 * nats, $"seed {seed}");
        }
    }

    [Fact]
    public void Entropy_is_between_half_a_bit_and_one_bit_a_byte()
    {
        foreach (ulong seed in new ulong[] { 1, 2, 3 })
        {
            string text = SampleCorpus.Generate(seed, 1_000_000, out double nats);
            Assert.InRange(nats / Math.Log(2) / Encoding.UTF8.GetByteCount(text), 0.5, 1.0);
        }
    }

    [Fact]
    public void The_probabilities_of_every_choice_sum_to_one()
    {
        Type[] types = [typeof(SampleWords), typeof(SampleGrammar), typeof(SampleStory)];
        Choice[] choices =
        [
            .. types.SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
                .Select(field => field.GetValue(null)).OfType<Choice>(),
        ];
        Assert.True(choices.Length > 30);
        foreach (Choice? choice in choices)
        {
            string[][] exclusions = [[], [choice.Texts[0]], [choice.Texts[^1], choice.Texts[0]]];
            foreach (string[]? excluded in exclusions.Where(e => e.Length < choice.Texts.Length))
            {
                int total = choice.TotalWeight(excluded);
                Assert.Equal(1.0, Enumerable.Range(0, choice.Texts.Length).Sum(i => (double)choice.Weight(i, excluded) / total), 12);
            }
        }
    }

    [Fact]
    public void Choices_are_drawn_as_often_as_their_weights_say()
    {
        var choice = Choice.Of(("a", 5), ("b", 1), ("c", 3), ("d", 2));
        var writing = new Writing(7);
        int[] counts = new int[4];
        for (int i = 0; i < 100_000; i++)
        {
            counts[writing.Pick(choice, "b")]++;
        }

        Assert.Equal(0, counts[1]);
        Assert.InRange(counts[0], 49_300, 50_700);
        Assert.InRange(counts[2], 29_300, 30_700);
        Assert.InRange(counts[3], 19_300, 20_700);
    }

    [Fact]
    public void A_choice_whose_ways_could_be_confused_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Choice.Even("cat", "caterpillar"));
        Assert.Throws<ArgumentException>(() => Choice.Even("cat", "cat"));
        Assert.Throws<ArgumentException>(() => Choice.Even("cat", ""));
    }

    [Fact]
    public void A_seed_gives_the_same_text_everywhere()
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(SampleCorpus.Generate(42, 100_000))));
        Assert.Equal("7cb7913f214f15feb0ff8a03af75f795be1837c6007b439d93ac8dce4fc0948a", hash);
        Assert.NotEqual(SampleCorpus.Generate(1, 1000), SampleCorpus.Generate(2, 1000));
    }

    [Fact]
    public void A_longer_text_begins_with_the_shorter_one() =>
        Assert.StartsWith(SampleCorpus.Generate(5, 3000), SampleCorpus.Generate(5, 9000), StringComparison.Ordinal);

    [Fact]
    public void Documents_cover_the_text_end_in_an_empty_line_and_add_up()
    {
        string text = SampleCorpus.Generate(11, 50_000, out double nats);
        IReadOnlyList<SampleDocument> documents = SampleCorpus.Documents(text);
        int at = 0;
        foreach (SampleDocument document in documents)
        {
            Assert.Equal(at, document.Start);
            at += document.Length;
            Assert.Equal(at, text.IndexOf("\n\n", document.Start, StringComparison.Ordinal) + 2);
            Assert.Equal(document.Nats, SampleCorpus.NegativeLogLikelihood(text.Substring(document.Start, document.Length)), 9);
        }

        Assert.Equal(text.Length, at);
        Assert.Equal(nats, documents.Sum(d => d.Nats), 6);
    }

    [Fact]
    public void Exchanges_stand_on_one_line_with_one_answer()
    {
        foreach (string? line in SampleCorpus.Generate(3, 200_000).Split('\n').Where(line => line.Contains('<', StringComparison.Ordinal)))
        {
            Assert.StartsWith("<prompt> ", line, StringComparison.Ordinal);
            Assert.Equal(2, line.Split(" <ai> ").Length);
            Assert.Equal(2, line.Count(c => c == '<'));
        }
    }

    [Fact]
    public void Stories_have_four_to_eight_sentences_and_the_vocabulary_is_modest()
    {
        string text = SampleCorpus.Generate(4, 1_000_000);
        string[] stories = text.Split('\n').Where(line => line.StartsWith("On", StringComparison.Ordinal)).ToArray();
        Assert.All(stories, story => Assert.InRange(story.Count(c => c == '.'), 4, 8));
        int words = text.Split([' ', '\n', '.', ',', '?', '!', '"'], StringSplitOptions.RemoveEmptyEntries)
            .Distinct(StringComparer.OrdinalIgnoreCase).Count();
        Assert.InRange(words, 300, 650);
        Assert.All(text, c => Assert.True(c is '\n' or (>= ' ' and < (char)127)));
    }

    [Fact]
    public void A_changed_or_cut_text_is_refused_or_has_another_derivation_but_never_fails_otherwise()
    {
        string text = SampleCorpus.Generate(9, 2000);
        Prop.ForAll<NonNegativeInt, char>((where, character) =>
        {
            int at = where.Get % text.Length;
            foreach (string? changed in new[] { text[..at] + character + text[(at + 1)..], text.Remove(at, 1), text[..at] })
            {
                try
                {
                    Assert.True(SampleCorpus.NegativeLogLikelihood(changed) >= 0);
                }
                catch (FormatException e)
                {
                    Assert.DoesNotContain('\n', e.Message);
                }
            }
        }).QuickCheckThrowOnFailure();
    }
}
