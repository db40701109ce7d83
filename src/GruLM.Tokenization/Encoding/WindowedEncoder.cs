// Encodes text through a window: normalise a part, cut the part, drop it. So one string of any length takes time in proportion and little
// memory. Random cuts and the n best, which look at a whole text at once, are WholeTextEncoder's work.
using System.Text;

namespace GruLM.Tokenization;

/// <summary>Cuts text of any length into pieces. Safe to use from several threads.</summary>
internal sealed class WindowedEncoder(Vocabulary vocabulary, Normalizer normalizer, PieceEncoder encoder)
{
    private const int WindowBytes = 1 << 14;
    private const int ChunkChars = 1 << 14;

    private readonly EncoderPool _pool = new();

    /// <summary>The ids of a text. Lone surrogates count as U+FFFD.</summary>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public int[] Encode(ReadOnlySpan<char> text, CancellationToken cancel)
    {
        EncoderScratch scratch = _pool.Rent(cancel);
        try
        {
            scratch.Ids.Clear();
            EncodeAll(text, scratch.Ids, scratch);
            scratch.Sink.Release();
            return [.. scratch.Ids];
        }
        finally
        {
            EncoderPool.Return(scratch);
        }
    }

    /// <summary>Cuts a text and appends its ids. Lone surrogates count as U+FFFD.</summary>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public void Encode(ReadOnlySpan<char> text, List<int> ids, CancellationToken cancel)
    {
        EncoderScratch scratch = _pool.Rent(cancel);
        try
        {
            EncodeAll(text, ids, scratch);
        }
        finally
        {
            EncoderPool.Return(scratch);
        }
    }

    /// <summary>Cuts UTF-8 text and appends its ids and, where they are wanted, its pieces with their places. Malformed bytes count as
    /// U+FFFD each.</summary>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public void Encode(ReadOnlySpan<byte> utf8, List<int> ids, List<EncodedPiece>? pieces, CancellationToken cancel)
    {
        EncoderScratch scratch = _pool.Rent(cancel);
        try
        {
            scratch.Window.Reset(track: pieces is not null);
            scratch.Sink.Reset(vocabulary, scratch.Window, ids, pieces);
            var progress = new NormalizerProgress();
            EncodeChunk(ref progress, utf8, final: true, scratch);
        }
        finally
        {
            EncoderPool.Return(scratch);
        }
    }

    private void EncodeAll(ReadOnlySpan<char> text, List<int> ids, EncoderScratch scratch)
    {
        scratch.Window.Reset(track: false);
        scratch.Sink.Reset(vocabulary, scratch.Window, ids, null);
        var progress = new NormalizerProgress();
        int capacity = Math.Max(scratch.Input.Length, 3 * Math.Min(text.Length, ChunkChars) + 1024);
        if (scratch.Input.Length < capacity)
        {
            scratch.Input = new byte[capacity];
        }

        int held = 0;
        do
        {
            // A pair of surrogates is never parted between two chunks.
            int take = Math.Min(text.Length, ChunkChars);
            if (take < text.Length && char.IsHighSurrogate(text[take - 1]))
            {
                take--;
            }

            while (scratch.Input.Length < held + 3 * take)
            {
                Array.Resize(ref scratch.Input, scratch.Input.Length * 2);
            }

            int length = held + Encoding.UTF8.GetBytes(text[..take], scratch.Input.AsSpan(held));
            text = text[take..];
            EncodeChunk(ref progress, scratch.Input.AsSpan(0, length), text.IsEmpty, scratch);
            held = length - progress.Position;
            scratch.Input.AsSpan(progress.Position, held).CopyTo(scratch.Input);
            progress.ChunkOffset += progress.Position;
            progress.Position = 0;
        }
        while (!text.IsEmpty);
    }

    /// <summary>Reads a chunk of a text into the window and puts out what can be cut already; all of it with <paramref name="final"/>. What
    /// it leaves unread, from <c>progress.Position</c> on, must come first in the next chunk.</summary>
    public void EncodeChunk(ref NormalizerProgress progress, ReadOnlySpan<byte> chunk, bool final, EncoderScratch scratch)
    {
        NormalizedText window = scratch.Window;
        ReadOnlySpan<byte> trailing = normalizer.SpaceMark;
        if (window.Limit == 0)
        {
            window.Limit = encoder.NeedsWholeText ? int.MaxValue : WindowBytes;
        }

        while (true)
        {
            scratch.Stop.ThrowIfCancellationRequested();
            normalizer.Advance(ref progress, chunk, final, window, window.Limit);
            if (progress.Complete)
            {
                encoder.Encode(window, window.Length, scratch.Sink, scratch);
                return;
            }

            if (window.Length < window.Limit)
            {
                return;
            }

            int cut = encoder.LastCut(window.Bytes.AsSpan(0, window.Length), trailing);
            if (cut > 0)
            {
                encoder.Encode(window, cut, scratch.Sink, scratch);
                window.Consume(cut);
                window.Limit = Math.Max(WindowBytes, window.Length * 2);
            }
            else
            {
                window.Limit = window.Limit > int.MaxValue / 2 ? int.MaxValue : window.Limit * 2;
            }
        }
    }
}
