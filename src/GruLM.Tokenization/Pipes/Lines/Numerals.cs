// Ids as text, written eight bytes at a time: each id's digits and the space behind them stand ready in one number.
using System.Buffers.Binary;
using System.Buffers.Text;

namespace GruLM.Tokenization;

/// <summary>The ids of a vocabulary in decimal, each with a space behind it.</summary>
internal sealed class Numerals
{
    /// <summary>The most bytes <see cref="Write"/> may touch.</summary>
    public const int Longest = 12;

    // Six digits and a space leave the highest byte for their number.
    private const int Ready = 1_000_000;

    private readonly ulong[] _texts;

    /// <summary>Prepares the ids below <paramref name="count"/>.</summary>
    public Numerals(int count)
    {
        _texts = new ulong[Math.Min(count, Ready)];
        Span<byte> text = stackalloc byte[sizeof(ulong)];
        for (int id = 0; id < _texts.Length; id++)
        {
            text.Clear();
            Utf8Formatter.TryFormat(id, text, out int digits);
            text[digits] = (byte)' ';
            text[7] = (byte)(digits + 1);
            _texts[id] = BinaryPrimitives.ReadUInt64LittleEndian(text);
        }
    }

    /// <summary>Writes an id and a space to a place with room for <see cref="Longest"/> bytes.</summary>
    /// <returns>How many bytes count; those behind them may hold anything.</returns>
    public int Write(int id, Span<byte> to)
    {
        if ((uint)id < (uint)_texts.Length)
        {
            ulong text = _texts[id];
            BinaryPrimitives.WriteUInt64LittleEndian(to, text);
            return (int)(text >> 56);
        }

        Utf8Formatter.TryFormat(id, to, out int length);
        to[length] = (byte)' ';
        return length + 1;
    }
}
