// Turns text into the form pieces are cut from: rules applied longest first, spaces collapsed and written as U+2581, a space added in front
// (or behind). It works unit by unit and can stop and go on, so that a text of any length passes through a small window; each output byte
// knows its unit's offset. It never looks at the host's Unicode library: all rules are in the model's table.
// Source: SentencePiece's normalisation (Kudo & Richardson 2018), behaviour of 0.1.97.
using System.Text;
using GruLM.Tokenization.Proto;

namespace GruLM.Tokenization;

/// <summary>Normalises text as a model asks for. Safe to use from several threads.</summary>
public sealed class Normalizer
{
    // So many are written in no time.
    private const int BytesBetweenStops = 1 << 20;

    private readonly CharsMap? _map;
    private readonly PieceTrie? _symbols;
    private readonly bool _addDummyPrefix;
    private readonly bool _removeExtra;
    private readonly bool _escape;
    private readonly bool _asSuffix;

    private readonly PlainText _plain;

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

        _plain = new PlainText(_map, _symbols, _escape, _removeExtra);
    }

    /// <summary>Normalises a text. Lone surrogates become U+FFFD.</summary>
    public string Normalize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Encoding.UTF8.GetString(Normalize(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>Normalises UTF-8. Malformed bytes become U+FFFD each.</summary>
    public byte[] Normalize(ReadOnlySpan<byte> utf8) => Normalize(utf8, CancellationToken.None);

    /// <summary>Normalises UTF-8 that may be long. Malformed bytes become U+FFFD each.</summary>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public byte[] Normalize(ReadOnlySpan<byte> utf8, CancellationToken cancel)
    {
        var window = new NormalizedText();
        window.Reset(track: false);
        NormalizeAll(utf8, window, cancel);
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

    private void NormalizeAll(ReadOnlySpan<byte> utf8, NormalizedText window, CancellationToken cancel = default)
    {
        var progress = new NormalizerProgress();
        do
        {
            cancel.ThrowIfCancellationRequested();
            Advance(ref progress, utf8, final: true, window, (int)Math.Min(int.MaxValue, (long)window.Length + BytesBetweenStops));
        }
        while (!progress.Complete);
    }

    /// <summary>
    /// Goes on normalising: reads from <paramref name="chunk"/> (the input from <c>progress.Position</c> on is its unread part) until the
    /// window holds <paramref name="limit"/> bytes or the chunk is used up. With <paramref name="final"/> false it leaves the bytes whose
    /// reading may depend on what follows. Sets <c>progress.Complete</c> when the whole text has been written. Trailing space symbols are
    /// only stripped at the very end, so the caller must not consume a trailing run of them before that.
    /// </summary>
    internal void Advance(ref NormalizerProgress progress, ReadOnlySpan<byte> chunk, bool final, NormalizedText window, int limit)
    {
        if (!progress.Started && !Start(ref progress, chunk, final, window))
        {
            return;
        }

        while (progress.Position < chunk.Length && window.Length < limit)
        {
            if (!_plain.Copy(ref progress, chunk, final, window, limit) && !AdvanceUnit(ref progress, chunk, final, window))
            {
                break;
            }
        }

        if (final && progress.Position >= chunk.Length)
        {
            Finish(ref progress, window);
        }
    }

    /// <summary>Passes over leading spaces; false where more input has to be seen first or the text is empty.</summary>
    private bool Start(ref NormalizerProgress progress, ReadOnlySpan<byte> chunk, bool final, NormalizedText window)
    {
        if (!SkipLeadingSpace(ref progress, chunk, final))
        {
            return false;
        }

        progress.Started = true;
        progress.AfterSpace = _removeExtra;
        if (!_asSuffix && _addDummyPrefix)
        {
            window.Append(SpaceMark, progress.ChunkOffset + progress.Position);
        }

        return true;
    }

    /// <summary>Normalises one unit; false where more input has to be seen first.</summary>
    private bool AdvanceUnit(ref NormalizerProgress progress, ReadOnlySpan<byte> chunk, bool final, NormalizedText window)
    {
        int length = NextUnit(chunk[progress.Position..], final, out ReadOnlySpan<byte> unit);
        if (length < 0)
        {
            return false;
        }

        if (progress.AfterSpace)
        {
            unit = unit.TrimStart((byte)' ');
        }

        if (!unit.IsEmpty)
        {
            AppendUnit(window, unit, progress.ChunkOffset + progress.Position);
            progress.AfterSpace = _removeExtra && unit[^1] == (byte)' ';
        }

        progress.Position += length;
        return true;
    }

    private bool SkipLeadingSpace(ref NormalizerProgress progress, ReadOnlySpan<byte> chunk, bool final)
    {
        while (_removeExtra && progress.Position < chunk.Length)
        {
            if (_plain.IsPlain(chunk, progress.Position, final))
            {
                break;
            }

            int length = NextUnit(chunk[progress.Position..], final, out ReadOnlySpan<byte> unit);
            if (length < 0)
            {
                return false;
            }

            if (!(unit.Length == 1 && unit[0] == (byte)' '))
            {
                break;
            }

            progress.Position += length;
        }

        if (progress.Position < chunk.Length)
        {
            return true;
        }

        // Nothing but space so far: an empty text unless more follows.
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
}
