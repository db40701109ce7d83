// Samples drawn from all over a text: nothing is lost or learned twice, the seed alone decides, and how the text is stored does not.
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Corpus;

namespace GruLM.Tests.Corpus;

public sealed class DrawnSamplesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_sample_is_in_one_part_and_keeps_its_place_among_the_others()
    {
        Prop.ForAll<NonEmptyArray<byte>, PositiveInt, ulong>((kinds, thousandths, seed) =>
        {
            // Few kinds of lines, so that there are repeated ones; every seventh is blank.
            string[] lines = [.. kinds.Get.Select(kind => kind % 7 == 0 ? " " : new string('x', kind % 3) + (kind / 3))];
            var text = new CorpusText(Encoding.UTF8.GetBytes(string.Join('\n', lines)));
            (CorpusText training, CorpusText heldOut) = text.DrawSamples(thousandths.Get % 1000 / 1000.0, seed);
            string[] all = Samples(text), learned = Samples(training), held = Samples(heldOut);
            Assert.Equal(all.Order(), learned.Concat(held).Order());
            AssertInOrder(all, learned);
            AssertInOrder(all, held);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Records_of_several_lines_stay_whole()
    {
        string path = Path.Combine(_folder, "records.jsonl");
        File.WriteAllLines(path, Enumerable.Range(0, 400).Select(i => $"{{\"prompt\": \"q{i}\", \"completion\": \"a{i}\\nmore\"}}"));
        CorpusText text = TextCorpus.Read([path]).Text;
        (CorpusText training, CorpusText heldOut) = text.DrawSamples(0.25, 3);
        Assert.Equal(Samples(text).Order(), Samples(training).Concat(Samples(heldOut)).Order());
        Assert.InRange(heldOut.Samples().Count(), 99, 101);
        Assert.All(Samples(heldOut), sample => Assert.Equal(2, sample.Split('\n').Length));

        // What ends an exchange follows it in either part.
        Assert.Equal(heldOut.Samples().Count(), Encoding.UTF8.GetString(heldOut.Utf8.Span).Split("<end>\n").Length - 1);
    }

    [Fact]
    public void A_sorted_list_is_held_out_all_over()
    {
        var text = new CorpusText(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 10_000).Select(i => $"{i:00000}\n"))));
        (CorpusText training, CorpusText heldOut) = text.DrawSamples(0.1, 1);
        int[] held = [.. Samples(heldOut).Select(int.Parse)];
        Assert.InRange(held.Length, 995, 1005);
        for (int tenth = 0; tenth < 10; tenth++)
        {
            // Binomial with a mean of 100 and a deviation of 9.5.
            Assert.InRange(held.Count(i => i / 1000 == tenth), 60, 140);
        }

        Assert.Equal(held, Samples(text.DrawSamples(0.1, 1).HeldOut).Select(int.Parse));
        Assert.NotEqual(held, Samples(text.DrawSamples(0.1, 2).HeldOut).Select(int.Parse));
        Assert.Equal(10_000, training.Samples().Count() + held.Length);
    }

    [Fact]
    public void What_stands_in_a_text_twice_is_in_one_part()
    {
        string[] lines = [.. Enumerable.Range(0, 3_000).Select(i => $"line {i % 1_000}")];
        (CorpusText training, CorpusText heldOut) = new CorpusText(Encoding.UTF8.GetBytes(string.Join('\n', lines))).DrawSamples(0.1, 5);
        Assert.InRange(heldOut.Samples().Count(), 297, 303);
        Assert.Empty(Samples(training).Intersect(Samples(heldOut)));
    }

    [Fact]
    public void A_line_that_stands_there_too_often_is_passed_over()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            IEnumerable<string> lines = Enumerable.Range(0, 1_000).Select(i => i % 3 == 0 ? "again and again" : $"line {i}");
            CorpusText text = Encoding.UTF8.GetBytes(string.Join('\n', lines));
            Assert.InRange(text.DrawSamples(0.1, seed).HeldOut.Samples().Count(), 99, 100);
        }
    }

    [Theory]
    [InlineData(1, 50)]
    [InlineData(2, 50)]
    public void A_few_lines_over_and_over_are_held_out_too(int kinds, int times)
    {
        var text = new CorpusText(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, kinds * times).Select(i => $"{i % kinds}\n"))));
        (CorpusText training, CorpusText heldOut) = text.DrawSamples(0.1, 5);
        Assert.Equal(kinds * times / 10, heldOut.Samples().Count());
        Assert.Equal(kinds * times * 9 / 10, training.Samples().Count());
    }

    private static string[] Samples(CorpusText text) => [.. text.Samples().Select(sample => Encoding.UTF8.GetString(sample.Span))];

    private static void AssertInOrder(string[] all, string[] part)
    {
        int at = 0;
        foreach (string sample in part)
        {
            at = Array.IndexOf(all, sample, at) + 1;
            Assert.True(at > 0, $"{sample} is out of order");
        }
    }
}
