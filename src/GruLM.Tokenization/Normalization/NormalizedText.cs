// The window of normalised bytes between the normaliser and an encoder, with, when asked for, where in the input each byte came from.
// It is pooled and reused; what an encoder has consumed is dropped from its front.
namespace GruLM.Tokenization;

/// <summary>A growable window of normalised text.</summary>
internal sealed class NormalizedText
{
    /// <summary>The bytes; valid below <see cref="Length"/>, with <see cref="WordKey.Readable"/> more behind them that hold
    /// anything.</summary>
    public byte[] Bytes = new byte[256];

    /// <summary>For each byte the input offset of its unit; one entry past the end once the text is complete. Empty unless
    /// tracked.</summary>
    public int[] Origins = [];

    /// <summary>How many bytes are valid.</summary>
    public int Length;

    /// <summary>Whether origins are kept.</summary>
    public bool Track;

    /// <summary>How long the window may grow before a place to cut is looked for; 0 before the text has begun. It outlives the chunks that
    /// a text comes in.</summary>
    public int Limit;

    /// <summary>Empties the window.</summary>
    public void Reset(bool track)
    {
        Length = 0;
        Limit = 0;
        Track = track;
        if (track && Origins.Length < Bytes.Length + 1)
        {
            Origins = new int[Bytes.Length + 1];
        }
    }

    /// <summary>Makes room for more bytes (and the final origin).</summary>
    public void Reserve(int more)
    {
        long needed = (long)Length + more + WordKey.Readable;
        if (needed > Bytes.Length)
        {
            Array.Resize(ref Bytes, checked((int)Math.Max(needed, Math.Min(Array.MaxLength, Bytes.Length * 2L))));
        }

        if (Track && Origins.Length < Bytes.Length + 1)
        {
            Array.Resize(ref Origins, Bytes.Length + 1);
        }
    }

    /// <summary>Appends bytes that all come from one input offset.</summary>
    public void Append(ReadOnlySpan<byte> bytes, int origin)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(Bytes.AsSpan(Length));
        if (Track)
        {
            Origins.AsSpan(Length, bytes.Length).Fill(origin);
        }

        Length += bytes.Length;
    }

    /// <summary>Drops bytes from the front.</summary>
    public void Consume(int count)
    {
        Bytes.AsSpan(count, Length - count).CopyTo(Bytes);
        if (Track)
        {
            Origins.AsSpan(count, Length - count).CopyTo(Origins);
        }

        Length -= count;
    }

    /// <summary>Gives the memory of an unusually large text back.</summary>
    public void Trim()
    {
        if (Bytes.Length > 1 << 20)
        {
            Bytes = new byte[256];
            Origins = [];
        }
    }
}
