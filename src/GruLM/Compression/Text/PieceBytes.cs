// The bytes that each token stands for in a compressed file: those of its piece, whatever stands beside it. A token that stands for none
// is never written there.

using System.Globalization;
using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM.Compression;

/// <summary>Bytes of tokens. Immutable, and so safe for several threads.</summary>
internal sealed class PieceBytes
{
    private static readonly byte[] s_lineEnd = "\n"u8.ToArray();

    private readonly byte[][] _bytes;

    /// <summary>The pieces of a tokenizer. Where samples are lines, what ends one stands for the line's end.</summary>
    public PieceBytes(Tokenizer tokenizer, SampleKind samples)
    {
        _bytes = [.. Enumerable.Range(0, tokenizer.VocabSize).Select(id => BytesOf(tokenizer, id))];
        LineEnd = samples == SampleKind.Lines ? TokenizedText.LineEnd(tokenizer) : -1;
        if (LineEnd >= 0) _bytes[LineEnd] = s_lineEnd;
    }

    /// <summary>The token after which a line's state is forgotten; −1 where text is one stream.</summary>
    public int LineEnd { get; }

    /// <summary>Tokens.</summary>
    public int Count => _bytes.Length;

    /// <summary>The bytes of token <paramref name="id"/>; none where it cannot be written.</summary>
    public ReadOnlySpan<byte> this[int id] => _bytes[id];

    /// <summary>Where <paramref name="content"/> begins with the bytes of all these tokens, how many bytes that are; else −1.</summary>
    public int Match(ReadOnlySpan<int> ids, ReadOnlySpan<byte> content)
    {
        int length = 0;
        foreach (int id in ids)
        {
            byte[] bytes = _bytes[id];
            if (bytes.Length == 0 || !content[length..].StartsWith(bytes)) return -1;
            length += bytes.Length;
        }

        return length;
    }

    private static byte[] BytesOf(Tokenizer tokenizer, int id)
    {
        ReadOnlySpan<byte> piece = tokenizer.Utf8Of(id);
        switch (tokenizer.TypeOf(id))
        {
            case PieceType.Normal or PieceType.UserDefined:
                return WithSpaces(piece);
            case PieceType.Byte:
                // <0x1F>
                return [byte.Parse(piece[3..5], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)];
            default:
                return [];
        }
    }

    private static byte[] WithSpaces(ReadOnlySpan<byte> piece)
    {
        var bytes = new List<byte>(piece.Length);
        while (!piece.IsEmpty)
        {
            bool isSpace = piece.StartsWith("\u2581"u8);
            bytes.Add(isSpace ? (byte)' ' : piece[0]);
            piece = piece[(isSpace ? 3 : 1)..];
        }

        return [.. bytes];
    }
}
