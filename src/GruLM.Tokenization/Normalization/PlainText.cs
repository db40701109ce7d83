// Copies text that normalisation leaves as it is but for its spaces, without asking the rules: what begins no rule and no symbol is known
// from tables by byte and by code point. Whatever it does not know goes through Normalizer's slow way, unit by unit.
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>Knows and copies the characters that no rule or symbol touches. Safe to use from several threads.</summary>
internal sealed class PlainText
{
    // What a lead byte asks for: a plain ASCII byte is copied, an ASCII byte that only begins longer, non-ASCII rules is copied when
    // another ASCII byte or the text's end follows, everything else takes the slow way.
    private const byte Plain = 0, PlainBeforeAscii = 1, Multibyte = 2, Slow = 3, Space = 4;

    private const int MaxStretch = 4096;

    private readonly bool _escape;
    private readonly bool _removeExtra;
    private readonly byte[] _leads = new byte[256];

    // By code point, below this: what a rule is for, or a symbol begins with; what only longer rules begin with; and what stands second in
    // those.
    private const int CodePoints = 0x10000;
    private readonly ulong[] _touched = new ulong[CodePoints / 64], _begins = new ulong[CodePoints / 64];
    private readonly ulong[] _continues = new ulong[CodePoints / 64];
    private readonly AsciiRuns _ascii;

    /// <summary>Finds what the rules and symbols leave alone.</summary>
    public PlainText(CharsMap? map, PieceTrie? symbols, bool escape, bool removeExtra)
    {
        _escape = escape;
        _removeExtra = removeExtra;
        ClassifyLeads(map, symbols);
        if (map is not null || symbols is not null)
        {
            MarkTouched(map, symbols);
        }

        _ascii = new AsciiRuns(b => _leads[b] == Plain, b => _leads[b] == PlainBeforeAscii);
    }

    /// <summary>True for an ASCII byte that stays as it is here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsPlain(ReadOnlySpan<byte> chunk, int pos, bool final)
    {
        byte kind = _leads[chunk[pos]];
        return kind == Plain || (kind == PlainBeforeAscii && (pos + 1 < chunk.Length ? chunk[pos + 1] < 0x80 : final));
    }

    // One loop on purpose: its branches share what they write, and the text was copied more slowly with them taken apart.
    /// <summary>Copies characters that no rule or symbol touches; false where it could not move on.</summary>
    public bool Copy(ref NormalizerProgress progress, ReadOnlySpan<byte> chunk, bool final, NormalizedText window, int limit)
    {
        int start = progress.Position, pos = start, chunkOffset = progress.ChunkOffset;
        bool afterSpace = progress.AfterSpace;
        // A step writes at most three bytes (an escaped space), so a stretch of n input bytes needs 3n; stretches keep that small.
        int stretchEnd = Math.Min(chunk.Length, pos + MaxStretch);
        window.Reserve(3 * (stretchEnd - pos) + 4);
        byte[] output = window.Bytes;
        int written = window.Length;
        bool track = window.Track;
        int[] origins = window.Origins;
        byte[] leads = _leads;
        while (pos < stretchEnd && written < limit)
        {
            byte b = chunk[pos];
            byte kind = leads[b];
            if (IsPlain(chunk, pos, final))
            {
                afterSpace = false;
                int run = track || stretchEnd < AsciiRuns.Width ? 0 : _ascii.PlainRun(chunk[..stretchEnd], pos, output.AsSpan(written));
                if (run == 0)
                {
                    if (track)
                    {
                        origins[written] = chunkOffset + pos;
                    }

                    output[written] = b;
                    run = 1;
                }

                written += run;
                pos += run;
            }
            else if (kind == Space)
            {
                if (!afterSpace)
                {
                    if (track)
                    {
                        origins.AsSpan(written, 3).Fill(chunkOffset + pos);
                    }

                    written += WriteSpace(output, written);
                    afterSpace = _removeExtra;
                }

                pos++;
            }
            else if (kind == Multibyte && PlainCharacter(chunk[pos..], final) is > 0 and int length)
            {
                if (track)
                {
                    origins.AsSpan(written, length).Fill(chunkOffset + pos);
                }

                chunk.Slice(pos, length).CopyTo(output.AsSpan(written));
                written += length;
                afterSpace = false;
                pos += length;
            }
            else
            {
                break;
            }
        }

        window.Length = written;
        progress.Position = pos;
        progress.AfterSpace = afterSpace;
        return pos > start;
    }

    // The length of the character that the text begins with where it stays as it is, else 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int PlainCharacter(ReadOnlySpan<byte> text, bool final)
    {
        if (!TryRead(text, out int scalar, out int length) || scalar >= CodePoints || Has(_touched, scalar)) return 0;
        return !Has(_begins, scalar) || IsOver(text[length..], final) ? length : 0;
    }

    // As Utf8Bytes.TryDecode, with a short way for the three bytes of most characters that take several.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryRead(ReadOnlySpan<byte> text, out int scalar, out int length)
    {
        if (BinaryPrimitives.TryReadUInt32BigEndian(text, out uint four) && (four & 0xF0C0C000) == 0xE0808000)
        {
            (scalar, length) = ((int)((four >> 12 & 0xF000) | (four >> 10 & 0xFC0) | (four >> 8 & 0x3F)), 3);
            if (scalar >= 0x800 && (scalar & 0xF800) != 0xD800) return true;
        }

        return Utf8Bytes.TryDecode(text, out scalar, out length);
    }

    // Whether no rule goes on with this, behind a character that only longer rules begin with.
    private bool IsOver(ReadOnlySpan<byte> rest, bool final) => rest.IsEmpty
        ? final
        : TryRead(rest, out int next, out _) && next < CodePoints && !Has(_continues, next);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Has(ulong[] set, int scalar) => (set[scalar >> 6] >> (scalar & 63) & 1) != 0;

    private static void Add(ulong[] set, int scalar) => set[scalar >> 6] |= 1UL << (scalar & 63);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int WriteSpace(byte[] output, int at)
    {
        if (!_escape)
        {
            output[at] = (byte)' ';
            return 1;
        }

        output[at] = 0xE2;
        output[at + 1] = 0x96;
        output[at + 2] = 0x81;
        return 3;
    }

    private void ClassifyLeads(CharsMap? map, PieceTrie? symbols)
    {
        Span<byte> one = stackalloc byte[4];
        for (int b = 0; b < 128; b++)
        {
            one[0] = (byte)b;
            ReadOnlySpan<byte> text = one[..1];
            bool wholeRule = map is not null && map.LongestMatch(text, out _, out _) > 0;
            bool asciiRule = map is not null && b != 0 && map.HasPrefix(text) && map.Continues(text, 1, 0x7F);
            bool longRule = map is not null && b != 0 && map.HasPrefix(text);
            bool symbol = symbols is not null && symbols.Step(0, (byte)b) >= 0;
            if (wholeRule || asciiRule || symbol || (longRule && b == ' '))
            {
                _leads[b] = Slow;
            }
            else
            {
                _leads[b] = b == ' ' ? Space : longRule ? PlainBeforeAscii : Plain;
            }
        }

        for (int b = 128; b < 256; b++)
        {
            _leads[b] = b is >= 0xC2 and < 0xF0 ? Multibyte : Slow;
        }
    }

    private void MarkTouched(CharsMap? map, PieceTrie? symbols)
    {
        Span<byte> one = stackalloc byte[4];
        for (int scalar = 0x80; scalar < CodePoints; scalar++)
        {
            if (!Utf8Bytes.IsScalar(scalar))
            {
                continue;
            }

            ReadOnlySpan<byte> text = one[..Utf8Bytes.Write(scalar, one)];
            // A symbol that ends inside a character cannot be told from its bytes alone, so any partial match counts.
            bool isSymbol = symbols is not null && (symbols.LongestPrefix(text, out _) > 0 || symbols.IsInside(text));
            bool goesOn = false;
            if (isSymbol || (map is not null && map.LongestMatch(text, out _, out goesOn) > 0))
            {
                Add(_touched, scalar);
            }
            else if (goesOn)
            {
                Add(map!.TryVisitNext(text, next => Add(_continues, next)) ? _begins : _touched, scalar);
            }
        }
    }
}
