// Turns text into the form pieces are cut from: rules applied longest first, spaces collapsed and written as U+2581, a space added in front
// (or behind). It works unit by unit and can stop and go on, so that a text of any length passes through a small window; each output byte
// knows its unit's offset. It never looks at the host's Unicode library: all rules are in the model's table.
// Source: SentencePiece's normalisation (Kudo & Richardson 2018), behaviour of 0.1.97.
using System.Runtime.CompilerServices;
using System.Text;
using GruLM.Tokenization.Proto;

namespace GruLM.Tokenization;

/// <summary>Normalises text as a model asks for. Safe to use from several threads.</summary>
public sealed class Normalizer
{
    private readonly CharsMap? _map;
    private readonly PieceTrie? _symbols;
    private readonly bool _addDummyPrefix;
    private readonly bool _removeExtra;
    private readonly bool _escape;
    private readonly bool _asSuffix;

    // What a lead byte asks for: a plain ASCII byte is copied, an ASCII byte that only begins longer, non-ASCII rules is copied when
    // another ASCII byte or the text's end follows, everything else takes the slow road. A set bit in _touched says that a rule or symbol
    // begins with that code point.
    private readonly byte[] _leads = new byte[256];
    private readonly ulong[] _touched = new ulong[0x10000 / 64];
    private readonly AsciiRuns _ascii;

    private const byte Plain = 0, PlainBeforeAscii = 1, Multibyte = 2, Slow = 3, Space = 4;

    internal Normalizer(NormalizerSpec spec, bool whitespaceAsSuffix, IEnumerable<byte[]>? userDefinedSymbols)
    {
        _map = CharsMap.Parse(spec.PrecompiledCharsmap.Span);
        _addDummyPrefix = spec.AddDummyPrefix;
        _removeExtra = spec.RemoveExtraWhitespaces;
        _escape = spec.EscapeWhitespaces;
        _asSuffix = whitespaceAsSuffix;
        byte[][] symbols = userDefinedSymbols?.ToArray() ?? [];
        if (symbols.Length > 0)
        {
            _symbols = PieceTrie.Create(symbols.Select((s, i) => (s, i)));
        }

        ClassifyLeads();
        _ascii = new AsciiRuns(b => _leads[b] == Plain, b => _leads[b] == PlainBeforeAscii);
    }

    /// <summary>Normalises a text. Lone surrogates become U+FFFD.</summary>
    public string Normalize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Encoding.UTF8.GetString(Normalize(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>Normalises UTF-8. Malformed bytes become U+FFFD each.</summary>
    public byte[] Normalize(ReadOnlySpan<byte> utf8)
    {
        var window = new NormalizedText();
        window.Reset(track: false);
        NormalizeAll(utf8, window);
        return window.Bytes.AsSpan(0, window.Length).ToArray();
    }

    /// <summary>
    /// Normalises UTF-8 and says where each byte came from: <paramref name="origins"/> holds, for every byte of the result, the offset in
    /// the input of the unit that produced it, and one last entry for the end.
    /// </summary>
    public byte[] Normalize(ReadOnlySpan<byte> utf8, out int[] origins)
    {
        var window = new NormalizedText();
        window.Reset(track: true);
        NormalizeAll(utf8, window);
        origins = utf8.IsEmpty ? [] : window.Origins.AsSpan(0, window.Length + 1).ToArray();
        return window.Bytes.AsSpan(0, window.Length).ToArray();
    }

    internal bool StripsTrailingSpace => _removeExtra;

    internal ReadOnlySpan<byte> SpaceMark => _escape ? Utf8Bytes.SpaceSymbol : " "u8;

    private void NormalizeAll(ReadOnlySpan<byte> utf8, NormalizedText window)
    {
        var progress = new NormalizerProgress();
        Advance(ref progress, utf8, final: true, window, int.MaxValue);
    }

    /// <summary>
    /// Goes on normalising: reads from <paramref name="chunk"/> (the input from <c>progress.Position</c> on is its unread part) until the
    /// window holds
    /// <paramref name="limit"/> bytes or the chunk is used up. With <paramref name="final"/> false it leaves the bytes whose reading may
    /// depend on what follows. Sets <c>progress.Complete</c> when the whole text has been written. Trailing space symbols are only stripped
    /// at the very end, so the caller must not consume a trailing run of them before that.
    /// </summary>
    internal void Advance(ref NormalizerProgress progress, ReadOnlySpan<byte> chunk, bool final, NormalizedText window, int limit)
    {
        int pos = progress.Position;
        if (!progress.Started)
        {
            if (!SkipLeadingSpace(ref pos, chunk, final, ref progress))
            {
                return;
            }

            progress.Started = true;
            progress.AfterSpace = _removeExtra;
            if (!_asSuffix && _addDummyPrefix)
            {
                window.Append(SpaceMark, progress.ChunkOffset + pos);
            }
        }

        bool afterSpace = progress.AfterSpace;
        while (pos < chunk.Length && window.Length < limit)
        {
            if (CopyPlainRun(ref pos, chunk, final, window, limit, progress.ChunkOffset, ref afterSpace))
            {
                continue;
            }

            int length = NextUnit(chunk[pos..], final, out ReadOnlySpan<byte> unit);
            if (length < 0)
            {
                break;
            }

            if (afterSpace)
            {
                while (!unit.IsEmpty && unit[0] == (byte)' ')
                {
                    unit = unit[1..];
                }
            }

            if (!unit.IsEmpty)
            {
                AppendUnit(window, unit, progress.ChunkOffset + pos);
                afterSpace = _removeExtra && unit[^1] == (byte)' ';
            }

            pos += length;
        }

        progress.Position = pos;
        progress.AfterSpace = afterSpace;
        if (final && pos >= chunk.Length)
        {
            Finish(ref progress, window);
        }
    }

    private bool SkipLeadingSpace(ref int pos, ReadOnlySpan<byte> chunk, bool final, ref NormalizerProgress progress)
    {
        while (_removeExtra && pos < chunk.Length)
        {
            if (IsPlain(chunk, pos, final))
            {
                break;
            }

            int length = NextUnit(chunk[pos..], final, out ReadOnlySpan<byte> unit);
            if (length < 0)
            {
                progress.Position = pos;
                return false;
            }

            if (!(unit.Length == 1 && unit[0] == (byte)' '))
            {
                break;
            }

            pos += length;
        }

        if (pos < chunk.Length)
        {
            return true;
        }
        // Nothing but space so far: an empty text unless more follows.
        progress.Position = pos;
        progress.Complete = final;
        return false;
    }

    private void Finish(ref NormalizerProgress progress, NormalizedText window)
    {
        int end = progress.ChunkOffset + progress.Position;
        if (_removeExtra)
        {
            ReadOnlySpan<byte> mark = SpaceMark;
            while (window.Bytes.AsSpan(0, window.Length).EndsWith(mark))
            {
                window.Length -= mark.Length;
                if (window.Track)
                {
                    end = window.Origins[window.Length];
                }
            }
        }

        if (_asSuffix && _addDummyPrefix)
        {
            window.Append(SpaceMark, end);
        }

        window.Reserve(0);
        if (window.Track)
        {
            window.Origins[window.Length] = end;
        }

        progress.Complete = true;
    }

    private void AppendUnit(NormalizedText window, ReadOnlySpan<byte> unit, int origin)
    {
        if (!_escape || !unit.Contains((byte)' '))
        {
            window.Append(unit, origin);
            return;
        }

        foreach (ref readonly byte b in unit)
        {
            window.Append(b == (byte)' ' ? Utf8Bytes.SpaceSymbol : new ReadOnlySpan<byte>(in b), origin);
        }
    }

    /// <summary>One unit at the start of the text and how many bytes it takes; -1 where more input has to be seen first.</summary>
    private int NextUnit(ReadOnlySpan<byte> text, bool final, out ReadOnlySpan<byte> unit)
    {
        if (_symbols is not null)
        {
            int length = _symbols.LongestPrefix(text, out _);
            unit = text[..length];
            if (!final && _symbols.IsInside(text))
            {
                return -1;
            }

            if (length > 0)
            {
                return length;
            }
        }

        if (_map is not null)
        {
            int length = _map.LongestMatch(text, out unit, out bool reachedEnd);
            if (reachedEnd && !final)
            {
                return -1;
            }

            if (length > 0)
            {
                return length;
            }
        }

        if (Utf8Bytes.TryDecode(text, out _, out int charLength))
        {
            unit = text[..charLength];
        }
        else if (!final && Utf8Bytes.IsIncomplete(text))
        {
            unit = default;
            return -1;
        }
        else
        {
            unit = Utf8Bytes.Replacement;
        }

        return charLength;
    }

    /// <summary>Copies characters that no rule or symbol touches; false where it could not move on.</summary>
    private bool CopyPlainRun(ref int position, ReadOnlySpan<byte> chunk, bool final, NormalizedText window, int limit, int chunkOffset,
        ref bool afterSpace)
    {
        int start = position, pos = start;
        // A step writes at most three bytes (an escaped space), so a stretch of n input bytes needs 3n of room; stretches keep that small.
        int stretchEnd = Math.Min(chunk.Length, pos + 4096);
        window.Reserve(3 * (stretchEnd - pos) + 4);
        byte[] output = window.Bytes;
        int written = window.Length;
        bool track = window.Track;
        int[] origins = window.Origins;
        byte[] leads = _leads;
        ulong[] touched = _touched;
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

                    if (_escape)
                    {
                        output[written] = 0xE2;
                        output[written + 1] = 0x96;
                        output[written + 2] = 0x81;
                        written += 3;
                    }
                    else
                    {
                        output[written++] = b;
                    }

                    afterSpace = _removeExtra;
                }

                pos++;
            }
            else if (kind == Multibyte && Utf8Bytes.TryDecode(chunk[pos..], out int scalar, out int length) && scalar < 0x10000
                && (touched[scalar >> 6] >> (scalar & 63) & 1) == 0)
            {
                for (int i = 0; i < length; i++)
                {
                    if (track)
                    {
                        origins[written] = chunkOffset + pos;
                    }

                    output[written++] = chunk[pos + i];
                }

                afterSpace = false;
                pos += length;
            }
            else
            {
                break;
            }
        }

        window.Length = written;
        position = pos;
        return pos > start;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsPlain(ReadOnlySpan<byte> chunk, int pos, bool final)
    {
        byte kind = _leads[chunk[pos]];
        return kind == Plain || (kind == PlainBeforeAscii && (pos + 1 < chunk.Length ? chunk[pos + 1] < 0x80 : final));
    }

    private void ClassifyLeads()
    {
        Span<byte> one = stackalloc byte[4];
        for (int b = 0; b < 128; b++)
        {
            one[0] = (byte)b;
            ReadOnlySpan<byte> text = one[..1];
            bool wholeRule = _map is not null && _map.LongestMatch(text, out _, out _) > 0;
            bool asciiRule = _map is not null && b != 0 && _map.HasPrefix(text) && _map.Continues(text, 1, 0x7F);
            bool longRule = _map is not null && b != 0 && _map.HasPrefix(text);
            bool symbol = _symbols is not null && _symbols.Step(0, (byte)b) >= 0;
            _leads[b] = wholeRule || asciiRule || symbol ? Slow
                : b == ' ' ? (longRule ? Slow : Space)
                : longRule ? PlainBeforeAscii : Plain;
        }

        for (int b = 128; b < 256; b++)
        {
            _leads[b] = b is >= 0xC2 and < 0xF0 ? Multibyte : Slow;
        }

        if (_map is null && _symbols is null)
        {
            return;
        }

        for (int scalar = 0x80; scalar < 0x10000; scalar++)
        {
            if (!Utf8Bytes.IsScalar(scalar))
            {
                continue;
            }

            ReadOnlySpan<byte> text = one[..Utf8Bytes.Write(scalar, one)];
            // A rule or symbol that ends inside a character cannot be told from its bytes alone, so any partial match counts.
            bool rule = _map is not null && (_map.LongestMatch(text, out _, out bool inside) > 0 || inside);
            bool symbol = _symbols is not null && (_symbols.LongestPrefix(text, out _) > 0 || _symbols.IsInside(text));
            if (rule || symbol)
            {
                _touched[scalar >> 6] |= 1UL << (scalar & 63);
            }
        }
    }
}

/// <summary>How far a normaliser has come in a text that is handed over in chunks.</summary>
internal struct NormalizerProgress
{
    /// <summary>Where the unread part of the current chunk begins.</summary>
    public int Position;
    /// <summary>The input offset of the current chunk's first byte.</summary>
    public int ChunkOffset;
    /// <summary>Set once the first unit that is not a leading space has been met.</summary>
    public bool Started;
    /// <summary>Set while spaces are being collapsed.</summary>
    public bool AfterSpace;
    /// <summary>Set when the whole text has been written.</summary>
    public bool Complete;
}
