// Documents scored side by side: each gets the figures that it gets alone, and that evaluation gives of it, whatever stands beside it
// and on however many threads.

using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Corpus;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Tests;

public sealed class DocumentScoringTests
{
    private static readonly string[] s_words = ["the", "old", "clock", "😀", "né", "\t", "well,", "\r", "日本", " ", "x\ny", "garden"];

    [Theory]
    [InlineData(SampleKind.Lines, WeightFormat.Fp32)]
    [InlineData(SampleKind.Stream, WeightFormat.Fp32)]
    [InlineData(SampleKind.Lines, WeightFormat.Int8)]
    [InlineData(SampleKind.Stream, WeightFormat.Int8)]
    public void Beside_others_a_document_has_the_figures_that_it_has_alone(SampleKind samples, WeightFormat weights)
    {
        using var tiny = new TinyModel(samples);
        using LanguageModel one = tiny.Open(1, weights), three = tiny.Open(3, weights);
        double tolerance = weights == WeightFormat.Int8 ? 0 : 1e-5;
        Prop.ForAll(Gen.Sized(Documents).ToArbitrary(), documents =>
        {
            DocumentScore[] together = [.. DocumentScoring.Score(three, documents)];
            DocumentScore[] alone = [.. documents.Select(document => DocumentScoring.Score(one, [document]).Single())];
            Assert.Equal(documents, together.Select(score => score.Document));
            Assert.Equal(Enumerable.Range(0, documents.Count).Select(i => (long)i), together.Select(score => score.Index));
            foreach ((DocumentScore a, DocumentScore b) in together.Zip(alone))
            {
                Assert.Equal((a.Tokens, a.Bytes), (b.Tokens, b.Bytes));
                Assert.Equal(a.Nll, b.Nll, tolerance * Math.Max(1, a.Nll));
                Assert.Equal(a.BitsPerByte ?? -1, b.BitsPerByte ?? -1, tolerance * Math.Max(1, a.Nll));
                Assert.Equal(a.Worst is null, b.Worst is null);
                if (tolerance == 0) Assert.Equal(a.Worst, b.Worst);
            }
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(SampleKind.Lines)]
    [InlineData(SampleKind.Stream)]
    public void The_figures_are_those_of_evaluation(SampleKind samples)
    {
        using var tiny = new TinyModel(samples);
        using LanguageModel model = tiny.Open();
        foreach (string text in (string[])["How are you?", "The garden is full of bees. 😀", "é", "a", Long(40_000), " bees "])
        {
            DocumentScore score = DocumentScoring.Score(model, [CorpusDocument.Of(text)]).Single();
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            if (samples == SampleKind.Stream && tiny.Tokenizer.Encode(text).Length == 1)
            {
                Assert.Equal((0, 0, 0d, null, null), (score.Tokens, score.Bytes, score.Nll, score.BitsPerByte, score.Worst));
                continue;
            }

            EvaluationResult expected = Evaluated(tiny, utf8, samples);
            Assert.Equal((expected.Sums.Tokens, expected.Bytes), (score.Tokens, score.Bytes));
            Assert.Equal(expected.Sums.Nll, score.Nll, 1e-5 * expected.Sums.Nll);
            Assert.Equal(expected.BitsPerByte, score.BitsPerByte!.Value, 1e-5 * expected.BitsPerByte);
            if (samples == SampleKind.Lines) continue;
            ScoredToken[] tokens = [.. model.Score(new MemoryStream(utf8))];
            Assert.Equal(-tokens.Skip(1).Sum(token => (double)token.LogProb!), score.Nll, 1e-5 * score.Nll);
        }
    }

    [Fact]
    public void The_worst_stretch_is_the_worst_of_all()
    {
        using var tiny = new TinyModel(SampleKind.Stream);
        using LanguageModel model = tiny.Open(1, WeightFormat.Int8);
        foreach (int bytes in (int[])[30, 90, 3000])
        {
            string text = Long(bytes);
            ScoredToken[] tokens = [.. model.Score(new MemoryStream(Encoding.UTF8.GetBytes(text)))];
            int length = Math.Min(DocumentScore.StretchTokens, tokens.Length - 1);
            var all = Enumerable.Range(1, tokens.Length - length).Select(first =>
            {
                long start = tokens[first - 1].End, count = tokens[first + length - 1].End - start;
                double nats = -tokens.Skip(first).Take(length).Sum(token => (double)token.LogProb!);
                return new ScoredStretch(start, count, nats / Math.Log(2) / count);
            }).ToList();
            ScoredStretch expected = all.MaxBy(stretch => stretch.BitsPerByte);
            ScoredStretch worst = DocumentScoring.Score(model, [CorpusDocument.Of(text)]).Single().Worst!.Value;
            Assert.Equal((expected.Offset, expected.Bytes), (worst.Offset, worst.Bytes));
            Assert.Equal(expected.BitsPerByte, worst.BitsPerByte, 1e-9);
        }
    }

    [Fact]
    public void Blank_documents_have_no_figures()
    {
        using var tiny = new TinyModel(SampleKind.Lines);
        using LanguageModel model = tiny.Open();
        CorpusDocument[] documents = [CorpusDocument.Of(""), CorpusDocument.Of(" \t"), CorpusDocument.Of("a")];
        DocumentScore[] scores = [.. DocumentScoring.Score(model, documents)];
        Assert.Equal([0, 0, 2], scores.Select(score => score.Tokens));
        Assert.Equal([true, true, false], scores.Select(score => score.BitsPerByte is null && score.Worst is null));
        Assert.Empty(DocumentScoring.Score(model, []));
    }

    [Fact]
    public async Task What_has_come_is_scored_while_more_is_waited_for()
    {
        using var tiny = new TinyModel(SampleKind.Lines);
        using LanguageModel model = tiny.Open();
        var more = new TaskCompletionSource();
        var scores = new List<DocumentScore>();
        await foreach (DocumentScore score in DocumentScoring.ScoreAsync(model, Source()))
        {
            scores.Add(score);
            if (scores.Count == 2) more.SetResult();
        }

        Assert.Equal([0L, 1, 2], scores.Select(score => score.Index));

        async IAsyncEnumerable<CorpusDocument> Source()
        {
            yield return CorpusDocument.Of("one");
            yield return CorpusDocument.Of("two");
            await more.Task;
            yield return CorpusDocument.Of("three");
        }
    }

    [Fact]
    public async Task What_came_before_a_failure_is_scored_and_the_failure_told()
    {
        using var tiny = new TinyModel(SampleKind.Lines);
        using LanguageModel model = tiny.Open();
        var scores = new List<DocumentScore>();
        await Assert.ThrowsAsync<InvalidDataException>(async () =>
        {
            await foreach (DocumentScore score in DocumentScoring.ScoreAsync(model, Source())) scores.Add(score);
        });
        Assert.Equal(2, scores.Count);

        static async IAsyncEnumerable<CorpusDocument> Source()
        {
            yield return CorpusDocument.Of("one");
            yield return CorpusDocument.Of("two");
            await Task.Yield();
            throw new InvalidDataException();
        }
    }

    [Fact]
    public async Task Whoever_has_enough_can_leave_and_whoever_cancels_is_told()
    {
        using var tiny = new TinyModel(SampleKind.Lines);
        using LanguageModel model = tiny.Open();
        bool hasEnded = false;
        await foreach (DocumentScore _ in DocumentScoring.ScoreAsync(model, Source(TestContext.Current.CancellationToken))) break;
        Assert.True(hasEnded);
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (DocumentScore _ in DocumentScoring.ScoreAsync(model, Source(default), stop.Token)) await stop.CancelAsync();
        });

        async IAsyncEnumerable<CorpusDocument> Source([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
        {
            try
            {
                yield return CorpusDocument.Of("one");
                await Task.Delay(Timeout.Infinite, cancel);
            }
            finally
            {
                hasEnded = true;
            }
        }
    }

    private static EvaluationResult Evaluated(TinyModel tiny, byte[] utf8, SampleKind samples)
    {
        (GruParameters parameters, _) = ModelFile.Load(tiny.Folder);
        using var compute = Compute.Create(1);
        using var model = new GruLanguageModel(parameters, compute);
        return samples == SampleKind.Lines
            ? Evaluation.Lines(model, TokenizedText.HeldOutLines(tiny.Tokenizer, utf8))
            : Evaluation.Stream(model, TokenizedText.HeldOutStream(tiny.Tokenizer, utf8));
    }

    private static string Long(int length)
    {
        var random = new System.Random(length);
        var text = new StringBuilder();
        while (text.Length < length) text.Append(s_words[random.Next(3)]).Append(' ').Append((char)random.Next('a', 'z'));
        return text.ToString();
    }

    // Mostly short ones, now and then a very long one, blank ones and the same ones again.
    private static Gen<List<CorpusDocument>> Documents(int size) =>
        from count in Gen.Choose(0, 3 * size)
        from seed in Gen.Choose(0, int.MaxValue - 1)
        select Documents(count, new System.Random(seed));

    private static List<CorpusDocument> Documents(int count, System.Random random)
    {
        var documents = new List<CorpusDocument>();
        for (int i = 0; i < count; i++)
        {
            int words = random.Next(40) == 0 ? random.Next(700) : random.Next(12);
            IEnumerable<string> drawn = Enumerable.Range(0, words).Select(_ => s_words[random.Next(s_words.Length)]);
            documents.Add(CorpusDocument.Of(string.Join(' ', drawn)));
        }

        return documents;
    }
}
