// Lossless compression by a language model: what the model finds likely takes few bits. Any bytes can be compressed; text that is like what
// the model has learned is what it is for. The format is in docs/compression.md.

using GruLM.Compression;
using GruLM.Formats;
using GruLM.Generation;
using GruLM.Kernels;

namespace GruLM;

/// <summary>Compresses and expands with a model, in int8 on the processor: the same bytes on every machine and for any number of threads.
/// Memory does not depend on the content's length. Safe for several threads.</summary>
public static class TextCompression
{
    /// <summary>Compresses what is left of <paramref name="content"/>. Both streams stay the caller's.</summary>
    /// <param name="content">Any bytes.</param>
    /// <param name="compressed">Is written to.</param>
    /// <param name="model">The model, which expanding needs too.</param>
    /// <param name="options">How; null: as they are by default.</param>
    /// <param name="cancel">Ends it with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    /// <exception cref="IOException">A stream cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">The model's scores are not numbers.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public static CompressionFigures Compress(
        Stream content, Stream compressed, LanguageModel model, CompressionOptions? options = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(compressed);
        options = Checked(model, options);
        var pieces = new PieceBytes(model.Tokenizer, model.Samples);
        using var compute = Compute.Create(options.Threads, options.Path);
        using LaneModel lanes = Lanes(model, compute, pieces);
        var coder = new FrameCoder(lanes, options.Learn ? new TokenMixture(pieces.Count) : null);
        var cutter = new TextCutter(model.Tokenizer, pieces);
        var frames = new ContentFrames(content, options.FrameBytes);
        var writer = new CompressedWriter(compressed);
        var cut = new CutText();
        var code = new RangeEncoder();
        var sha = new Sha256();
        long bytes = 0;
        writer.Begin(CompressedModel.Of(model, pieces), options.Learn);
        for (ReadOnlyMemory<byte> frame; !(frame = frames.Next()).IsEmpty;)
        {
            sha.Append(frame.Span);
            cutter.Cut(frame, cut, cancel);
            var shares = LaneShares.Of(cut.Count, options.LaneElements);
            coder.Run(shares, new ElementWriter(cut, shares, code), Progress(options, bytes, frame.Length, shares), cancel);
            writer.Frame(frame.Length, shares, code.Finish());
            bytes += frame.Length;
        }

        writer.End(bytes, sha.Finish());
        options.Progress?.Invoke(bytes);
        return new CompressionFigures(bytes, writer.Bytes);
    }

    /// <summary>Expands what <see cref="Compress"/> has written. Both streams stay the caller's. What is written before an exception is
    /// thrown is the beginning of a content that may be damaged.</summary>
    /// <param name="compressed">What was compressed, and nothing behind it.</param>
    /// <param name="content">Is written to.</param>
    /// <param name="model">The model that it was compressed with.</param>
    /// <param name="options">How; null: as they are by default.</param>
    /// <param name="cancel">Ends it with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    /// <exception cref="IOException">A stream cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">It was not written by <see cref="Compress"/>, is damaged or cut off, or was written with
    /// another model, which the message names; or the model's scores are not numbers.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public static CompressionFigures Expand(
        Stream compressed, Stream content, LanguageModel model, CompressionOptions? options = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(compressed);
        ArgumentNullException.ThrowIfNull(content);
        options = Checked(model, options);
        var pieces = new PieceBytes(model.Tokenizer, model.Samples);
        var reader = new CompressedReader(compressed, options.InputName);
        bool learns = reader.Begin(CompressedModel.Of(model, pieces), model.Folder);
        using var compute = Compute.Create(options.Threads, options.Path);
        using LaneModel lanes = Lanes(model, compute, pieces);
        var coder = new FrameCoder(lanes, learns ? new TokenMixture(pieces.Count) : null);
        var sha = new Sha256();
        long bytes = 0;
        while (reader.Frame() is { } frame)
        {
            var elements = new ElementReader(pieces, frame.Shares.Lanes, frame.ContentBytes, new RangeDecoder(frame.Code));
            Action<int>? progress = Progress(options, bytes, frame.ContentBytes, frame.Shares);
            coder.Run(frame.Shares, elements, progress, cancel);
            if (elements.Content() is not { } part) throw reader.Damaged();
            sha.Append(part);
            content.Write(part);
            bytes += part.Length;
        }

        reader.End(bytes, sha.Finish());
        options.Progress?.Invoke(bytes);
        return new CompressionFigures(bytes, reader.Bytes);
    }

    private static CompressionOptions Checked(LanguageModel model, CompressionOptions? options)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new CompressionOptions();
        options.Validate();
        return options;
    }

    private static LaneModel Lanes(LanguageModel model, Compute compute, PieceBytes pieces) =>
        new(model.NewInt8Decoder(compute), compute, model.Ids.First, pieces.LineEnd);

    // Of a frame as many bytes are done as steps, about.
    private static Action<int>? Progress(CompressionOptions options, long before, int frame, LaneShares shares) =>
        options.Progress is { } report ? step => report(before + ((long)frame * step / shares.Longest)) : null;
}
