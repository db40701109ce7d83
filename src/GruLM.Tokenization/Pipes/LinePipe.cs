// Streams of lines through a tokenizer, in order and on all threads: text to ids or pieces, back again, or normalised. It is the API alone:
// what is done with a line is in Lines/, and so is the way of the lines over the threads (LineTransfer.cs). A line ends at LF only and no
// byte of it is touched; every read is worked on at once, so that a slow input is answered as it comes. Files are left to the caller.
namespace GruLM.Tokenization;

/// <summary>Encodes, decodes or normalises a stream of UTF-8 lines: for each line of the input what came of it, ended with LF, in the order
/// of the input, whatever the threads.</summary>
/// <remarks>Immutable and safe for several threads; each call uses threads and memory of its own, and memory does not grow with the input,
/// only with its longest line. Streams stay open and are used by one thread at a time, not always the caller's.</remarks>
/// <example><code>
/// var tokenizer = Tokenizer.Load("book.model");
/// using FileStream text = File.OpenRead("book.txt"), ids = File.Create("book.ids");
/// new LinePipe().Encode(tokenizer, text, ids);
/// </code></example>
public sealed record LinePipe
{
    /// <summary>Threads that work, the caller's among them; 0: one a processor.</summary>
    public int Threads { get; init; }

    /// <summary>What messages call the input.</summary>
    public string InputName { get; init; } = "input";

    /// <summary>Lines that stand before the first one of the stream, where it is a part of the input: messages count them too.</summary>
    public long LinesBefore { get; init; }

    /// <summary>Is told after each read how many bytes have been read so far, by the thread that reads; null: nobody is.</summary>
    public Action<long>? Progress { get; init; }

    /// <summary>Cuts lines of text, or of JSON with text in it.</summary>
    /// <param name="tokenizer">What cuts them.</param>
    /// <param name="input">The lines.</param>
    /// <param name="output">Where their ids or pieces are written.</param>
    /// <param name="options">How they are cut and written; null: the best cut, as ids. Random cuts are drawn on one thread.</param>
    /// <param name="cancel">Ends the work between two reads, and within a line that takes long; lines worked on before are
    /// written.</param>
    /// <exception cref="ArgumentException">The options make no sense, or ask for what this tokenizer's kind of model cannot do.</exception>
    /// <exception cref="InvalidDataException">A line is bad; the message names it. The lines before it are written.</exception>
    /// <exception cref="IOException">A stream cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public void Encode(
        Tokenizer tokenizer, Stream input, Stream output, EncodeOptions? options = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        options ??= new EncodeOptions();
        options.Validate(tokenizer);
        var extra = ExtraOptions.Parse(options.ExtraOptions, tokenizer);

        // Random cuts come from one stream of numbers, line after line.
        int threads = options.SamplingSeed is null ? Threads : 1;
        (this with { Threads = threads }).Run(() => new EncodeWork(tokenizer, extra, options), input, output, cancel);
    }

    /// <summary>Puts lines of ids or pieces together to text.</summary>
    /// <param name="tokenizer">What they belong to.</param>
    /// <param name="input">The lines.</param>
    /// <param name="output">Where their texts are written.</param>
    /// <param name="options">How they are read and written; null: lines of ids or pieces, to lines of text.</param>
    /// <param name="cancel">Ends the work between two reads, and within a line that takes long; lines worked on before are
    /// written.</param>
    /// <exception cref="ArgumentException">There is no such extra option.</exception>
    /// <exception cref="InvalidDataException">A line is bad; the message names it. The lines before it are written.</exception>
    /// <exception cref="IOException">A stream cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public void Decode(
        Tokenizer tokenizer, Stream input, Stream output, DecodeOptions? options = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        options ??= new DecodeOptions();
        var extra = ExtraOptions.Parse(options.ExtraOptions, tokenizer);
        Run(() => new DecodeWork(tokenizer, extra, options), input, output, cancel);
    }

    /// <summary>Normalises lines of text.</summary>
    /// <param name="normalizer">The rules.</param>
    /// <param name="input">The lines.</param>
    /// <param name="output">Where they are written.</param>
    /// <param name="cancel">Ends the work between two reads, and within a line that takes long; lines worked on before are
    /// written.</param>
    /// <exception cref="IOException">A stream cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public void Normalize(Normalizer normalizer, Stream input, Stream output, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(normalizer);
        Run(() => new NormalizeWork(normalizer), input, output, cancel);
    }

    private void Run(Func<ILineWork> newWork, Stream input, Stream output, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        if (Threads < 0) throw new ArgumentException($"'Threads' {Threads}: a number from 0 was expected");
        int threads = Threads == 0 ? Environment.ProcessorCount : Threads;
        new LineTransfer(InputName, threads, newWork, Progress, cancel) { LinesBefore = LinesBefore }.Run(input, output);
    }
}
