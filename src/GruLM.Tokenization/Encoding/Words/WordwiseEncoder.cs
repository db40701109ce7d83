// What BPE and unigram models have in common: text goes word by word, and words that come by again are taken from a cache. Words are found
// and looked up in batches before any is put out, so that the waits for memory of one look-up pass while the next words are being read.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GruLM.Tokenization;

/// <summary>Cuts normalised text word by word.</summary>
/// <param name="vocabulary">The pieces.</param>
internal abstract class WordwiseEncoder(Vocabulary vocabulary) : PieceEncoder(vocabulary)
{
    /// <summary>Words looked up at a time.</summary>
    public const int Batch = 32;

    // U+2581 packed.
    private const uint PackedSpace = 0xE29681;

    // False where in some piece another character stands before U+2581: then words can not be cut in front of every run of it; and the same
    // for behind.
    private bool _spacesBegin = true, _spacesEnd = true;

    /// <inheritdoc/>
    public override void Encode(NormalizedText window, int length, PieceSink sink, EncoderScratch scratch)
    {
        WordCache cache = scratch.Cache;
        int[] ends = scratch.WordEnds, places = scratch.WordPlaces;
        for (int start = 0; start < length;)
        {
            int count = 0;
            for (int from = start; count < Batch && from < length; count++)
            {
                int end = WordEnd(window.Bytes, from, length);
                ends[count] = end;
                places[count] = end - from > WordCache.MaxWord
                    ? WordCache.NotFound
                    : cache.Find(new WordKey(window.Bytes, from, end - from));
                from = end;
            }

            int generation = cache.Generation;
            for (int i = 0; i < count; i++)
            {
                if (places[i] == WordCache.NotFound || cache.Generation != generation || !TryRecall(places[i], start, sink, scratch))
                {
                    EncodeAnew(window, start, ends[i], sink, scratch);
                }

                start = ends[i];
            }
        }
    }

    /// <summary>Cuts a part of the window, noting the pieces in <c>scratch.Recorded</c> where <c>scratch.Recording</c> asks for
    /// it.</summary>
    protected abstract void EncodeStretch(NormalizedText window, int begin, int end, PieceSink sink, EncoderScratch scratch);

    /// <summary>The size a text's score must stay under for a word's best cut to be certain whatever stands before it; not positive where
    /// it never is.</summary>
    protected abstract float ScoreLimit(ReadOnlySpan<byte> word);

    /// <summary>A text's score with these pieces, packed as id &lt;&lt; 8 | byte length, behind it.</summary>
    protected abstract float ScoreAfter(ReadOnlySpan<int> pieces, float score);

    /// <inheritdoc/>
    protected override void AddPair(uint left, uint right)
    {
        base.AddPair(left, right);
        if (right == PackedSpace && left != PackedSpace)
        {
            _spacesBegin = false;
        }

        if (left == PackedSpace && right != PackedSpace)
        {
            _spacesEnd = false;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryRecall(int place, int start, PieceSink sink, EncoderScratch scratch)
    {
        ReadOnlySpan<int> pieces = scratch.Cache.PiecesAt(place, out float scoreLimit);
        if (!(Math.Abs(scratch.Score) < scoreLimit))
        {
            return false;
        }

        scratch.Score = ScoreAfter(pieces, scratch.Score);
        sink.Add(pieces, start);
        return true;
    }

    private void EncodeAnew(NormalizedText window, int start, int end, PieceSink sink, EncoderScratch scratch)
    {
        if (end - start > WordCache.MaxWord)
        {
            EncodeStretch(window, start, end, sink, scratch);
            return;
        }

        var key = new WordKey(window.Bytes, start, end - start);
        int place = scratch.Cache.Find(key);
        if (place != WordCache.NotFound && TryRecall(place, start, sink, scratch))
        {
            return;
        }

        scratch.Recording = place == WordCache.NotFound && scratch.Cache.SeenBefore(key.Hash);
        EncodeStretch(window, start, end, sink, scratch);
        if (!scratch.Recording)
        {
            return;
        }

        scratch.Recording = false;
        float scoreLimit = ScoreLimit(window.Bytes.AsSpan(start, end - start));
        if (scoreLimit > 0)
        {
            scratch.Cache.Add(key, CollectionsMarshal.AsSpan(scratch.Recorded), scoreLimit);
        }

        scratch.Recorded.Clear();
    }

    /// <summary>The end of the word at <paramref name="start"/>: the next certain cut that can be seen from bytes alone.</summary>
    private int WordEnd(byte[] text, int start, int length)
    {
        // Nothing is read but text[start..length] and the 256 words of the pairs.
        ref byte bytes = ref text.AsSpan(0, length)[0];
        ref ulong pairs = ref MemoryMarshal.GetArrayDataReference(AsciiPairs);
        int i = start;
        uint current = Unsafe.Add(ref bytes, i);
        while (true)
        {
            int next = i + 1;
            if (next >= length)
            {
                return length;
            }

            uint following = Unsafe.Add(ref bytes, next);
            if (following < 0x80)
            {
                if (current < 0x80
                    ? (Unsafe.Add(ref pairs, (current << 1) | (following >> 6)) >> (int)(following & 63) & 1) == 0
                    : _spacesEnd && EndsInSpace(text, start, next))
                {
                    return next;
                }
            }
            else if (following == 0xE2 && _spacesBegin && next + 2 < length && text[next + 1] == 0x96 && text[next + 2] == 0x81
                && !EndsInSpace(text, start, next))
            {
                return next;
            }

            if (next - start > WordCache.MaxWord && _spacesBegin)
            {
                return NextRunOfSpaces(text, start, next, length);
            }

            i = next;
            current = following;
        }
    }

    /// <summary>Where the next run of spaces behind a word that is too long for the cache begins. A run stays whole: pieces may hold
    /// several spaces.</summary>
    private static int NextRunOfSpaces(byte[] text, int start, int from, int length)
    {
        while (true)
        {
            int space = text.AsSpan(from, length - from).IndexOf(Utf8Bytes.SpaceSymbol);
            if (space < 0)
            {
                return length;
            }

            from += space;
            if (!EndsInSpace(text, start, from))
            {
                return from;
            }

            from += Utf8Bytes.SpaceSymbol.Length;
        }
    }

    private static bool EndsInSpace(byte[] text, int start, int end) =>
        end - start >= 3 && text[end - 1] == 0x81 && text[end - 2] == 0x96 && text[end - 3] == 0xE2;
}
