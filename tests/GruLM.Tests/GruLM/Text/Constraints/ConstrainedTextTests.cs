// Constraints where texts are written: generating, completions, beams, sessions that are left, forked and saved, chats.

using System.Text.RegularExpressions;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests;

public sealed class ConstrainedTextTests : IDisposable
{
    private readonly TinyModel _folder = new(SampleKind.Stream);
    private readonly LanguageModel _model;

    public ConstrainedTextTests() => _model = _folder.Open(1);

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    private static GenerationOptions Options(string pattern, int maxTokens = 40, ulong seed = 1) => new()
    {
        Constraint = TextConstraint.Regex(pattern),
        MaxTokens = maxTokens,
        Sampling = new SamplingOptions { Seed = seed },
    };

    [Theory]
    [InlineData("")]
    [InlineData(" ?[a-c]+")]
    [InlineData(@"\d{3}-\d{2}")]
    [InlineData("(yes|no)( please)?!")]
    [InlineData("é(日|🙂)*")]
    [InlineData(@"[^\d]*\d")]
    public void Every_way_of_writing_gives_a_text_that_fits(string pattern)
    {
        var expected = new Regex($@"\A(?:{pattern})\z");
        for (ulong seed = 0; seed < 8; seed++)
        {
            GenerationOptions options = Options(pattern, seed: seed);
            string alone = string.Concat(_model.Generate("How", options));
            Assert.Matches(expected, alone);
            Completion[] several = [.. _model.Complete("How", 3, options)];
            Assert.Equal(alone, several[0].Text);
            Assert.All(several.Concat(_model.Search("How", 3, options)), text =>
            {
                Assert.Matches(expected, text.Text);
                Assert.Equal(FinishReason.Stop, text.FinishReason);
            });
            string tight = string.Concat(_model.Generate("", options with { MaxTokens = Least(options), IgnoreEos = true }));
            Assert.Matches(expected, tight);
        }
    }

    [Fact]
    public void Probabilities_of_what_fits_keep_their_ratios()
    {
        float[] logits = [1, 4, 2, float.MinValue, 3, 9];
        var sampling = new SamplingOptions { Temperature = 1, TopK = 0, TopP = 1, MinP = 0, Seed = 5 };
        Sampler masked = new(sampling), few = new(sampling);
        int[] kept = [0, 2, 4];
        float[] without = [.. logits.Select((logit, id) => kept.Contains(id) ? logit : float.NegativeInfinity)];
        for (int i = 0; i < 2000; i++)
        {
            int id = masked.Sample(logits, default, [0b010101]);
            Assert.Contains(id, kept);
            Assert.Equal(id, few.Sample(without));
        }

        Assert.Throws<ArgumentException>(() => masked.Sample(new float[65], default, [1]));
        Assert.Throws<ArgumentException>(() => masked.Sample(logits, [0], [1]));
    }

    [Fact]
    public void Scores_are_forbidden_alike_on_every_path()
    {
        var random = new Random(2);
        foreach (int count in (int[])[1, 7, 16, 63, 64, 65, 1000])
        {
            float[] logits = [.. Enumerable.Range(0, count).Select(_ => random.NextSingle())];
            ulong[] bits = [.. Enumerable.Range(0, (count + 63) / 64).Select(_ => (ulong)random.NextInt64())];
            foreach (KernelPath path in KernelChoice.Available)
            {
                var row = new ScoreRow();
                row.Reserve(count);
                logits.CopyTo(row.Numbers(count));
                row.Fill(count);
                ScoreLoops.Keep(path, row, count, bits);
                for (int i = 0; i < count; i++)
                {
                    Assert.Equal((bits[i / 64] >> (i % 64) & 1) == 1 ? logits[i] : float.NegativeInfinity, row[i]);
                }
            }
        }
    }

    [Fact]
    public void Too_few_tokens_are_an_error_before_the_first()
    {
        GenerationOptions options = Options(@"\d{9}", 8);
        Action[] uses =
        [
            () => _model.Generate("", options), () => _model.Complete("", 1, options), () => _model.Search("", 1, options),
            () => _model.StartText(options), () => _model.StartChat(options), () => _model.GenerateAsync("", options),
        ];
        Assert.All(uses, use => Assert.Contains(
            "'MaxTokens' is 8, and the constraint may take 9", Assert.Throws<ArgumentException>(use).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_session_that_was_left_goes_on_with_its_text_and_its_forks_and_files_do()
    {
        const string Pattern = @"(\d{4},){6}[ab]é🙂";
        GenerationOptions options = Options(Pattern, 100);
        string whole = string.Concat(_model.Generate("How", options)), path = Path.Combine(_folder.Folder, "state");
        Assert.Matches($@"\A{Pattern}\z", whole);
        for (int left = 1; left < 12; left++)
        {
            using TextSession text = _model.StartText(options);
            text.Read("How");
            string begun = string.Concat(text.Write().Take(left));
            Assert.Equal(FinishReason.Interrupted, text.FinishReason);
            using TextSession fork = text.Fork();
            text.Save(path);
            using TextSession loaded = _model.StartText(options);
            loaded.Load(path);
            foreach (TextSession session in (TextSession[])[text, fork, loaded])
            {
                string rest = string.Concat(session.Write());
                Assert.Equal(whole, begun + rest);
                Assert.Equal(FinishReason.Stop, session.FinishReason);

                // What is written next is a text of its own.
                Assert.Matches($@"\A{Pattern}\z", string.Concat(session.Write()));
            }

            // Something else is asked for, or something is read between: the text begins anew.
            loaded.Load(path);
            loaded.Options = Options("[xyz]{3}");
            Assert.Matches(@"\A[xyz]{3}\z", string.Concat(loaded.Write()));
            fork.Load(path);
            fork.Read("well");
            Assert.Matches($@"\A{Pattern}\z", string.Concat(fork.Write()));
            using TextSession free = _model.StartText(new GenerationOptions { IgnoreEos = true });
            free.Load(path);
            Assert.NotEmpty(string.Concat(free.Write().Take(5)));
        }
    }

    [Fact]
    public void A_reply_in_a_chat_fits_and_the_next_does_too()
    {
        using ChatSession chat = _model.StartChat(Options(" ?(yes|no)\n?"));
        for (int i = 0; i < 6; i++)
        {
            Assert.Matches(@"\A ?(yes|no)\n?\z", string.Concat(chat.Say("is it?")));
            Assert.Equal(FinishReason.Stop, chat.FinishReason);
            if (i == 2) Assert.True(chat.Undo());
        }

        chat.Options = Options("[a-f]{8}");
        Assert.Matches(@"\A[a-f]{8}\z", string.Concat(chat.Say("and now?")));
    }

    [Fact]
    public void Stop_strings_and_biases_have_their_say()
    {
        GenerationOptions options = Options("[a-c]{20}") with { Stop = ["b"] };
        Assert.DoesNotContain('b', string.Concat(_model.Generate("", options)));
        int a = _folder.Tokenizer.IdOf("a");
        var bias = new Dictionary<int, float> { [a] = float.NegativeInfinity };
        options = Options("[ab]{9}") with { Sampling = new SamplingOptions { LogitBias = bias } };
        Assert.Equal(9, string.Concat(_model.Generate("", options)).Length);
        bias = _folder.Tokenizer.Model.Pieces.Select((_, id) => id).ToDictionary(id => id, _ => float.NegativeInfinity);
        options = Options("a") with { Sampling = new SamplingOptions { LogitBias = bias } };
        Assert.Throws<ArgumentException>(() => _model.Generate("", options));
    }

    [Fact]
    public void The_space_that_a_decoder_would_drop_is_kept()
    {
        using var spaced = new TinyModel(SampleKind.Stream, tokenizer: JsonSchemaTests.CharacterTokenizer());
        using LanguageModel model = spaced.Open(1);
        GenerationOptions options = Options("  a ?");
        Assert.StartsWith("  a", string.Concat(model.Generate("", options)), StringComparison.Ordinal);
        Assert.StartsWith("  a", model.Complete("", 1, options).Single().Text, StringComparison.Ordinal);
        Assert.StartsWith("  a", model.Search("", 1, options)[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokens_are_written_under_a_constraint_without_allocations()
    {
        var automaton = new ConstraintAutomaton(TextConstraint.Regex("[a-z ]*").Rules, Vocabularies.Bytes, []);
        var cursor = new ConstraintCursor(automaton);
        var sampler = new Sampler(new SamplingOptions());
        float[] logits = new float[256];
        for (int i = 0; i < 1000; i++) cursor.Accept(sampler.Sample(logits, default, cursor.Allowed(10_000)));
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 1000; i++) cursor.Accept(sampler.Sample(logits, default, cursor.Allowed(10_000)));
        }));
    }

    private int Least(GenerationOptions options) =>
        _model.Bind(options with { IgnoreEos = true }, _model.Ids.Stops)!.Start.Least;
}
