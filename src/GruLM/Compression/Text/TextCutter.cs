// Cuts content into tokens that give its bytes back exactly, and runs of bytes where they do not: bytes that are no UTF-8, characters that
// the tokenizer does not know, text that it normalises. Short text between two runs, and long stretches that the tokenizer itself spells
// byte by byte, are made runs, since tokens would cost more.

using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using GruLM.Tokenization;

namespace GruLM.Compression;

/// <summary>Cuts content for one model. Not thread-safe.</summary>
internal sealed class TextCutter(Tokenizer tokenizer, PieceBytes pieces)
{
    // What it costs in bits to go over to bytes and back, about.
    private const int BitsOfRun = 16;

    // Text between bytes that are no text is shorter than this by chance.
    private const int ShortestText = 4;

    // So many pieces that are bytes, one after another, are a script that the model has not learned.
    private const int MostSpelled = 16;

    private static readonly SearchValues<byte> s_ascii = SearchValues.Create([.. Enumerable.Range(0, 128).Select(value => (byte)value)]);

    // About what a token costs among bytes that are no text: of a large vocabulary more.
    private readonly int _bitsOfToken = Math.Max(1, (int)Math.Log2(pieces.Count) - 1);
    private readonly List<int> _ids = [];
    private readonly List<Span> _spans = [];

    /// <summary>Cuts <paramref name="content"/>.</summary>
    public void Cut(ReadOnlyMemory<byte> content, CutText cut, CancellationToken cancel)
    {
        _ids.Clear();
        _spans.Clear();
        CutAll(content.Span, cancel);
        cut.Clear(content);
        if (GivesBack(content.Span)) Write(cut);
        else cut.AddBytes(0, content.Length);
    }

    private ReadOnlySpan<int> Ids(Span span) => CollectionsMarshal.AsSpan(_ids).Slice(span.FirstId, span.Ids);

    private void CutAll(ReadOnlySpan<byte> content, CancellationToken cancel)
    {
        if (Utf8.IsValid(content))
        {
            CutText(content, 0, content.Length, cancel);
            return;
        }

        for (int at = 0; at < content.Length;)
        {
            int end = at + TextLength(content[at..]);
            if (end - at < ShortestText) AddBytes(at, end - at);
            else CutText(content, at, end - at, cancel);
            if (end < content.Length) AddBytes(end++, 1);
            at = end;
        }
    }

    // How many bytes are UTF-8.
    private static int TextLength(ReadOnlySpan<byte> bytes)
    {
        int length = 0;
        while (true)
        {
            int ascii = bytes[length..].IndexOfAnyExcept(s_ascii);
            if (ascii < 0) return bytes.Length;
            length += ascii;
            if (Rune.DecodeFromUtf8(bytes[length..], out _, out int consumed) != OperationStatus.Done) return length;
            length += consumed;
        }
    }

    // Text is cut as it was for training: line by line, or as one.
    private void CutText(ReadOnlySpan<byte> content, int start, int length, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (pieces.LineEnd < 0)
        {
            CutLine(content, start, length, cancel);
            return;
        }

        for (int end = start + length; start < end;)
        {
            int line = content[start..end].IndexOf((byte)'\n');
            CutLine(content, start, line < 0 ? end - start : line, cancel);
            if (line < 0) return;
            start += line + 1;
            AddTokens(start - 1, 1, [pieces.LineEnd]);
        }
    }

    private void CutLine(ReadOnlySpan<byte> content, int start, int length, CancellationToken cancel)
    {
        if (length == 0) return;
        ReadOnlySpan<byte> text = content.Slice(start, length);
        int first = _ids.Count;
        tokenizer.Encode(text, _ids, cancel);
        var whole = new Span(start, length, first, _ids.Count - first);
        if (pieces.Match(Ids(whole), text) == length)
        {
            Join(whole);
            return;
        }

        _ids.RemoveRange(first, whole.Ids);
        CutPieces(text, start, cancel);
    }

    // Each piece is looked at; those of one character belong together, the last of which has its place.
    private void CutPieces(ReadOnlySpan<byte> text, int start, CancellationToken cancel)
    {
        List<EncodedPiece> all = tokenizer.EncodePieces(text, cancel);
        var group = new List<int>();
        int at = 0;
        foreach (EncodedPiece piece in all)
        {
            group.Add(piece.Id);
            if (piece.End <= at) continue;
            int begin = Math.Max(piece.Begin, at), length = piece.End - begin;
            AddBytes(start + at, begin - at);
            int[] ids = [.. group];
            if (pieces.Match(ids, text.Slice(begin, length)) == length) AddTokens(start + begin, length, ids);
            else AddBytes(start + begin, length);
            at = piece.End;
            group.Clear();
        }

        AddBytes(start + at, text.Length - at);
    }

    private void AddTokens(int start, int length, ReadOnlySpan<int> ids)
    {
        int first = _ids.Count;
        _ids.AddRange(ids);
        Join(new Span(start, length, first, ids.Length));
    }

    private void AddBytes(int start, int length)
    {
        if (length > 0) Join(new Span(start, length, _ids.Count, 0));
    }

    private void Join(Span next)
    {
        if (_spans.Count > 0 && _spans[^1] is var last && last.IsBytes == next.IsBytes)
        {
            _spans[^1] = last with { Length = last.Length + next.Length, Ids = last.Ids + next.Ids };
            return;
        }

        _spans.Add(next);
    }

    private bool GivesBack(ReadOnlySpan<byte> content)
    {
        int at = 0;
        foreach (Span span in _spans)
        {
            if (span.Start != at) return false;
            if (!span.IsBytes && pieces.Match(Ids(span), content.Slice(at, span.Length)) != span.Length) return false;
            at += span.Length;
        }

        return at == content.Length;
    }

    private void Write(CutText cut)
    {
        // Bytes that are not written yet.
        (int start, int length) = (0, 0);
        foreach (Span span in _spans)
        {
            if (span.IsBytes || (_spans.Count > 1 && (span.Ids * _bitsOfToken) + BitsOfRun > 8 * span.Length))
            {
                length += span.Length;
                continue;
            }

            foreach (Span part in Parts(span))
            {
                if (part.IsBytes)
                {
                    length += part.Length;
                    continue;
                }

                cut.AddBytes(start, length);
                cut.Add(Ids(part));
                (start, length) = (part.Start + part.Length, 0);
            }
        }

        cut.AddBytes(start, length);
    }

    // Tokens without the long stretches among them that are single bytes.
    private IEnumerable<Span> Parts(Span span)
    {
        int at = span.Start, first = span.FirstId, end = span.FirstId + span.Ids, spelled = 0;
        var open = new Span(at, 0, first, 0);
        for (int i = first; i <= end; i++)
        {
            if (i < end && tokenizer.TypeOf(_ids[i]) == PieceType.Byte)
            {
                spelled++;
                continue;
            }

            if (spelled < MostSpelled)
            {
                open = open with { Length = open.Length + spelled, Ids = open.Ids + spelled };
            }
            else
            {
                if (open.Ids > 0) yield return open;
                yield return new Span(open.Start + open.Length, spelled, i, 0);
                open = new Span(open.Start + open.Length + spelled, 0, i, 0);
            }

            spelled = 0;
            if (i < end) open = open with { Length = open.Length + pieces[_ids[i]].Length, Ids = open.Ids + 1 };
        }

        if (open.Ids > 0) yield return open;
    }

    // A part of the content: tokens, or bytes where it has none.
    private readonly record struct Span(int Start, int Length, int FirstId, int Ids)
    {
        public bool IsBytes => Ids == 0;
    }
}
