// Compression: every content comes back, the compressed bytes depend on nothing but content and model, and have the size that the
// evaluation says. tests/long/compression.sh runs all of it.

using System.Text;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM.Tests;

public sealed class TextCompressionTests : IDisposable
{
    private static readonly CompressionOptions s_small = new() { FrameBytes = 5000, LaneElements = 100 };

    private static readonly bool s_full = Environment.GetEnvironmentVariable("GRULM_TESTS") == "full";

    // How many files, how long the longest of them is, and how long one that is long.
    private static readonly int s_files = s_full ? 1000 : 60, s_longest = s_full ? 60_000 : 12_000;
    private static readonly int s_long = s_full ? 10_000_000 : 2_500_000;

    private readonly TinyModel _stream = new(SampleKind.Stream);
    private readonly TinyModel _lines = new(SampleKind.Lines);

    public void Dispose()
    {
        _stream.Dispose();
        _lines.Dispose();
    }

    [Fact]
    public void Every_content_comes_back()
    {
        using LanguageModel stream = _stream.Open(threads: 1), lines = _lines.Open(threads: 1);
        for (int seed = 0; seed < s_files; seed++)
        {
            byte[] content = CompressedFiles.Content(seed, s_longest);
            LanguageModel model = seed % 3 == 0 ? lines : stream;
            CompressionOptions options = s_small with { Learn = seed % 2 == 0, Threads = 1 + (seed % 3) };
            byte[] compressed = CompressedFiles.Compress(content, model, options);
            Assert.True(content.AsSpan().SequenceEqual(CompressedFiles.Expand(compressed, model)), $"content {seed}");
        }
    }

    [Fact]
    public void All_of_Unicode_and_long_content_come_back()
    {
        using LanguageModel model = _stream.Open(threads: 2);
        byte[] unicode = CompressedFiles.AllOfUnicode(), random = new byte[s_long];
        new Random(3).NextBytes(random);
        foreach (byte[] content in (byte[][])[unicode, random])
        {
            byte[] compressed = CompressedFiles.Compress(content, model);
            Assert.True(content.AsSpan().SequenceEqual(CompressedFiles.Expand(compressed, model)));

            // A character that the model has not learned costs what its bytes cost.
            Assert.InRange(compressed.Length, 1, (content.Length * 1.001) + 64);
        }
    }

    [Fact]
    public void Bytes_that_are_no_text_cost_what_bytes_cost()
    {
        using LanguageModel model = _stream.Open(threads: 1);
        foreach (int length in (int[])[0, 1, 10, 1000, 100_000])
        {
            byte[] content = new byte[length];
            new Random(length).NextBytes(content);
            Assert.InRange(CompressedFiles.Compress(content, model).Length, length, (length * 1.001) + 64);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Compressed_bytes_are_the_same_on_every_path_and_number_of_threads(bool learn)
    {
        using LanguageModel model = _stream.Open(threads: 1);
        byte[] content = [.. CompressedFiles.Content(5, 9000), .. TinyModel.LongText(1).ToArray(), .. CompressedFiles.Content(13, 9000)];
        byte[]? first = null;
        foreach (KernelPath path in KernelChoice.Available)
        {
            foreach (int threads in (int[])[1, 2, 5])
            {
                CompressionOptions options = s_small with { Learn = learn, Threads = threads, Path = path };
                byte[] compressed = CompressedFiles.Compress(content, model, options);
                first ??= compressed;
                Assert.Equal(first, compressed);
                Assert.Equal(content, CompressedFiles.Expand(compressed, model, options with { Learn = false }));
            }
        }
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 40)]
    [InlineData(true, 8)]
    public void The_size_is_that_of_the_evaluation(bool asLines, int copies)
    {
        TinyModel tiny = asLines ? _lines : _stream;
        using LanguageModel model = tiny.Open(threads: 2);
        string words = Encoding.UTF8.GetString(TinyModel.LongText(2).ToArray()), file = Path.Combine(tiny.Folder, "text.txt");
        words = words.Replace(". ", ".\n", StringComparison.Ordinal);
        string text = string.Concat(Enumerable.Range(0, copies).Select(i => $"{i} {words}\n"));
        File.WriteAllText(file, text);
        EvaluationFigures figures = ModelEvaluation.Run(
            new EvaluationSettings { Model = tiny.Folder, Data = [file], Weights = WeightFormat.Int8, Threads = 2 });
        double evaluated = figures.Plain.Sums.Nll / Math.Log(2) / 8;
        Assert.InRange(
            CompressedFiles.Compress(Encoding.UTF8.GetBytes(text), model).Length, (evaluated * 0.999) - 64, (evaluated * 1.001) + 64);
    }

    [Fact]
    public void A_tokenizer_that_normalises_gives_everything_back_too()
    {
        string talk = string.Concat(Enumerable.Repeat("The old clock stands still at noon, as it did. ", 30));
        foreach (ModelType type in (ModelType[])[ModelType.Unigram, ModelType.Bpe, ModelType.Char, ModelType.Word])
        {
            var trainer = new TrainerOptions { ModelType = type, VocabSize = 60, HardVocabLimit = false };
            byte[] learned = Encoding.UTF8.GetBytes(talk + "\nbees");
            var tokenizer = new Tokenizer(TokenizerTrainer.Train(trainer, SentenceReader.SplitLines(learned)));
            using var tiny = new TinyModel(SampleKind.Stream, tokenizer: tokenizer);
            using LanguageModel model = tiny.Open(threads: 1);
            for (int seed = 20; seed < 40; seed++)
            {
                byte[] content = [.. Encoding.UTF8.GetBytes(talk), .. CompressedFiles.Content(seed, 3000)];
                byte[] compressed = CompressedFiles.Compress(content, model, s_small with { Learn = seed % 2 == 0, Threads = 1 });
                Assert.True(content.AsSpan().SequenceEqual(CompressedFiles.Expand(compressed, model)), $"{type}, content {seed}");
            }
        }
    }

    [Fact]
    public void What_is_learned_makes_content_smaller()
    {
        using LanguageModel model = _stream.Open(threads: 1);
        byte[] content = TinyModel.LongText(3).ToArray();
        int plain = CompressedFiles.Compress(content, model).Length;
        int learned = CompressedFiles.Compress(content, model, new CompressionOptions { Learn = true }).Length;
        Assert.InRange(learned, 1, plain / 2);
    }

    [Fact]
    public void It_can_be_stopped_and_tells_how_far_it_is()
    {
        using LanguageModel model = _stream.Open(threads: 1);
        byte[] content = TinyModel.LongText(3).ToArray();
        using var stop = new CancellationTokenSource();
        var reports = new List<long>();
        CompressionOptions options = s_small with { Progress = reports.Add };
        byte[] compressed = CompressedFiles.Compress(content, model, options);
        Assert.Equal(reports.Order(), reports);
        Assert.Equal(content.Length, reports[^1]);
        options = options with { Progress = bytes => { if (bytes > 2000) stop.Cancel(); } };
        Assert.Throws<OperationCanceledException>(
            () => TextCompression.Compress(new MemoryStream(content), new MemoryStream(), model, options, stop.Token));
        Assert.Throws<OperationCanceledException>(
            () => TextCompression.Expand(new MemoryStream(compressed), new MemoryStream(), model, null, stop.Token));
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        using LanguageModel model = _stream.Open(threads: 1);
        Assert.ThrowsAny<ArgumentException>(() => CompressedFiles.Compress([], model, new CompressionOptions { Threads = -1 }));
        Assert.ThrowsAny<ArgumentException>(() => CompressedFiles.Compress([], model, new CompressionOptions { InputName = null! }));
    }
}
