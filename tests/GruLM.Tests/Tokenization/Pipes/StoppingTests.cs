// What takes long or waits ends when it is told to: lines of any length, streams that never give or take anything, the long steps of a
// training. Nothing here waits for the work itself; what waits for ever gives up after a minute, so that a test can fail.
using System.Text;
using GruLM.Tokenization;

namespace GruLM.Tests.Tokenization;

public sealed class StoppingTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private static readonly Tokenizer s_tokenizer = new(DefaultTokenizer.Train("a text of words\nand a few more words", 300));
    private static readonly byte[] s_longLine = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("words of a text ", 200_000)));

    private readonly ManualResetEventSlim _never = new();
    private readonly CancellationTokenSource _stop = new();

    public void Dispose()
    {
        _never.Set();
        _stop.Dispose();
    }

    [Fact]
    public void A_text_that_is_encoded_or_decoded_ends()
    {
        _stop.Cancel();
        string text = Encoding.UTF8.GetString(s_longLine);
        Stopped(() => s_tokenizer.Encode(text, _stop.Token));
        Stopped(() => s_tokenizer.Encode(s_longLine, [], _stop.Token));
        Stopped(() => s_tokenizer.EncodePieces(s_longLine, _stop.Token));
        Stopped(() => s_tokenizer.Normalizer.Normalize(s_longLine, _stop.Token));
        Stopped(() => s_tokenizer.Decode([5, 6, 7], new System.Buffers.ArrayBufferWriter<byte>(), _stop.Token));

        // What was stopped leaves nothing behind.
        Assert.Equal("a text", s_tokenizer.Decode(s_tokenizer.Encode("a text")));
    }

    [Theory]
    [InlineData(EncodedForm.Id)]
    [InlineData(EncodedForm.Json)]
    public void A_long_line_ends(EncodedForm form)
    {
        // The stop comes once the line is read and before it is worked on.
        using var input = new MemoryStream([.. s_longLine, (byte)'\n']);
        using var output = new MemoryStream();
        var pipe = new LinePipe { Threads = 1, Progress = bytes => StopAt(bytes, s_longLine.Length) };
        Stopped(() => pipe.Encode(s_tokenizer, input, output, new EncodeOptions { Form = form }, _stop.Token));
        Assert.Equal(0, output.Length);
    }

    [Fact]
    public void Sentences_that_never_come_are_not_waited_for()
    {
        using var input = new Stuck(_never);
        _stop.CancelAfter(50);
        Stopped(() => SentenceReader.ReadLines(input, _stop.Token).Count());
    }

    [Fact]
    public void Output_that_nobody_takes_is_not_waited_for()
    {
        using var input = new MemoryStream("words\n"u8.ToArray());
        using var output = new Stuck(_never);
        _stop.CancelAfter(50);
        Stopped(() => new LinePipe { Threads = 1 }.Encode(s_tokenizer, input, output, null, _stop.Token));
    }

    [Theory]
    [InlineData(ModelType.Unigram, "reading sentences")]
    [InlineData(ModelType.Unigram, "mining candidate pieces")]
    [InlineData(ModelType.Unigram, "estimating probabilities")]
    [InlineData(ModelType.Bpe, "normalising sentences")]
    [InlineData(ModelType.Bpe, "learning merges")]
    [InlineData(ModelType.Char, "reading sentences")]
    public void A_training_ends_in_the_step_that_it_is_in(ModelType type, string stage)
    {
        var told = new List<string>();
        var options = new TrainerOptions { ModelType = type, VocabSize = 60, HardVocabLimit = false };
        Stopped(() => TokenizerTrainer.Train(
            options, Enumerable.Range(0, 3000).Select(i => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($"line {i} of some text")),
            progress =>
            {
                told.Add(progress.Stage);
                if (progress.Stage == stage) _stop.Cancel();
            },
            _stop.Token));
        Assert.Equal(stage, told[^1]);
    }

    [Fact]
    public void Sorting_suffixes_ends()
    {
        _stop.Cancel();
        int[] text = [.. Enumerable.Range(0, 100).Select(i => i % 7)];
        Stopped(() => SuffixArray.Build(text, 7, _stop.Token));
        int[] order = SuffixArray.Build(text, 7, CancellationToken.None);
        Stopped(() => SuffixArray.Repeats(text, order, _stop.Token));
    }

    private void StopAt(long bytes, long of)
    {
        if (bytes >= of) _stop.Cancel();
    }

    private static void Stopped(Action work) => Assert.ThrowsAny<OperationCanceledException>(work);

    private static void Stopped<T>(Func<T> work) => Assert.ThrowsAny<OperationCanceledException>(() => { work(); });

    // A pipe at whose other end nobody is.
    private sealed class Stuck(ManualResetEventSlim until) : MemoryStream
    {
        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer)
        {
            until.Wait(s_limit);
            return 0;
        }

        public override void Write(ReadOnlySpan<byte> buffer) => until.Wait(s_limit);
    }
}
