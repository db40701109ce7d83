// Puts pieces together to a string: every piece is kept in UTF-16, so that a text of ordinary pieces is only copied. What copying cannot do
// is left to PieceDecoder.cs: pieces that are single bytes, and those that are no whole characters.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Unicode;

namespace GruLM.Tokenization;

/// <summary>Decodes whole texts to strings, as <see cref="PieceDecoder"/> would. Immutable and safe to use from several threads.</summary>
internal sealed class StringDecoder
{
    // Pieces of at most so many characters are copied as one vector.
    private const int Block = 16;

    private readonly DecodingTable _table;
    private readonly char[] _chars;
    private readonly Place[] _places;

    /// <summary>Converts every piece.</summary>
    public StringDecoder(DecodingTable table)
    {
        _table = table;
        var chars = new StringBuilder();
        _places = new Place[table.Vocabulary.Count];
        for (int id = 0; id < _places.Length; id++)
        {
            ReadOnlySpan<byte> surface = table.SurfaceOf(id);
            bool isText = table.Vocabulary.Types[id] != PieceType.Byte && Utf8.IsValid(surface);
            int start = chars.Length;
            if (isText) chars.Append(Encoding.UTF8.GetString(surface));
            _places[id] = new Place(start, isText ? chars.Length - start : -1);
        }

        _chars = new char[chars.Length + Block];
        chars.CopyTo(0, _chars, chars.Length);
    }

    /// <summary>The text of these pieces; null where it cannot be made by copying, or an id is not in the vocabulary.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public string? TryDecode(ReadOnlySpan<int> ids)
    {
        Place[] places = _places;
        long length = 0;
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)places.Length || places[id].Length < 0) return null;
            length += places[id].Length;
        }

        (int first, int dropped) = Beginning(ids);
        foreach (int id in ids[..first]) length -= places[id].Length;
        if (length > int.MaxValue) return null;
        return string.Create((int)length - dropped, new Text(this, ids[first..], dropped), static (to, text) => text.CopyTo(to));
    }

    // How many pieces at the beginning leave nothing, and how many characters of the next are dropped: a space or none.
    private (int First, int Dropped) Beginning(ReadOnlySpan<int> ids)
    {
        if (!_table.StripsFirst) return (0, 0);
        for (int i = 0; i < ids.Length; i++)
        {
            int length = _places[ids[i]].Length;
            bool beginsWithSpace = _table.BeginsWithSpace(ids[i]);
            if (beginsWithSpace && (length > 1 || !_table.StripsAll)) return (i, 1);
            if (!beginsWithSpace && length > 0) return (i, 0);
        }

        return (ids.Length, 0);
    }

    // Where a piece stands among the characters; it stands nowhere where the length is negative.
    private readonly record struct Place(int Start, int Length);

    private readonly ref struct Text(StringDecoder decoder, ReadOnlySpan<int> ids, int dropped)
    {
        private readonly StringDecoder _decoder = decoder;
        private readonly ReadOnlySpan<int> _ids = ids;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void CopyTo(Span<char> to)
        {
            ReadOnlySpan<char> chars = _decoder._chars;
            Place[] places = _decoder._places;
            int skip = dropped;
            foreach (int id in _ids)
            {
                Place place = places[id];
                ReadOnlySpan<char> from = chars.Slice(place.Start + skip, place.Length - skip);
                skip = 0;
                if (place.Length <= Block && to.Length >= Block)
                {
                    ref ushort block = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<char, ushort>(from));
                    Vector256.LoadUnsafe(ref block).StoreUnsafe(ref MemoryMarshal.GetReference(MemoryMarshal.Cast<char, ushort>(to)));
                }
                else
                {
                    from.CopyTo(to);
                }

                to = to[from.Length..];
            }
        }
    }
}
