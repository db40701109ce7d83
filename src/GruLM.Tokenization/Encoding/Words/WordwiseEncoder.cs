// What BPE and unigram models have in common: text goes word by word, and words that come by again are taken from a cache. A word is what
// stands between spaces where it is short enough for the cache, which a few vectors find; one that is not known, and longer ones, are cut
// further, wherever no piece can cover both sides. Words are found and looked up in batches before any is put out, so that the waits for
// memory of one look-up pass while the next words are being read.
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GruLM.Tokenization;

/// <summary>Cuts normalised text word by word.</summary>
/// <param name="vocabulary">The pieces.</param>
internal abstract class WordwiseEncoder(Vocabulary vocabulary) : PieceEncoder(vocabulary)
{
    /// <summary>Words looked up at a time.</summary>
    public const int Batch = 32;

    // U+2581 packed, and its first byte.
    private const uint PackedSpace = 0xE29681;
    private const byte SpaceLead = 0xE2;

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
                int end = SpacedWordEnd(window.Bytes, from, length);
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
        if (!scratch.Recording && WordEnd(window.Bytes, start, end) is var next && next < end)
        {
            for (; start < end; start = next)
            {
                next = WordEnd(window.Bytes, start, end);
                EncodeAnew(window, start, next, sink, scratch);
            }

            return;
        }

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

    /// <summary>The end of the word at <paramref name="start"/>: where spaces follow, if that is near and a certain cut; else as
    /// <see cref="WordEnd"/>.</summary>
    private int SpacedWordEnd(byte[] text, int start, int length)
    {
        if (!_spacesBegin) return WordEnd(text, start, length);
        ref byte next = ref text.AsSpan(start + 1, WordCache.MaxWord)[0];
        uint marks = Vector256.Equals(Vector256.LoadUnsafe(ref next), Vector256.Create(SpaceLead)).ExtractMostSignificantBits();
        for (; marks != 0; marks &= marks - 1)
        {
            int end = start + 1 + BitOperations.TrailingZeroCount(marks);
            if (end >= length) break;
            if (text[end + 1] == 0x96 && text[end + 2] == 0x81 && end + 2 < length && !EndsInSpace(text, start, end)) return end;
        }

        return length - start <= WordCache.MaxWord ? length : WordEnd(text, start, length);
    }

    /// <summary>The end of the word at <paramref name="start"/>: the next certain cut.</summary>
    private int WordEnd(byte[] text, int start, int length)
    {
        // Nothing is read but text[start..length], a few bytes behind it, and the 256 words of the pairs.
        ref byte bytes = ref text.AsSpan(0, length + WordKey.Readable)[0];
        ref ulong pairs = ref MemoryMarshal.GetArrayDataReference(AsciiPairs);
        int end = start;
        uint left = NextCharacter(ref bytes, ref end, length);
        while (end < length)
        {
            int next = end;
            uint right = NextCharacter(ref bytes, ref next, length);
            bool isCut = (left | right) < 0x80
                ? (Unsafe.Add(ref pairs, (left << 1) | (right >> 6)) >> (int)(right & 63) & 1) == 0
                : IsCut(left, right);
            if (isCut) break;
            (left, end) = (right, next);
        }

        return end;
    }

    // Most words begin with a space, and most models have pieces that do: those need no search.
    private bool IsCut(uint left, uint right)
    {
        if (right == PackedSpace && _spacesBegin) return left != PackedSpace;
        return (left != PackedSpace || _spacesEnd) && !MayJoin(left, right);
    }

    private static bool EndsInSpace(byte[] text, int start, int end) =>
        end - start >= 3 && text[end - 1] == 0x81 && text[end - 2] == 0x96 && text[end - 3] == 0xE2;

    // The character at a place, packed, and the place behind it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint NextCharacter(ref byte bytes, ref int at, int length)
    {
        uint lead = Unsafe.Add(ref bytes, at);
        if (lead < 0x80)
        {
            at++;
            return lead;
        }

        int count = Math.Min(Utf8Bytes.LengthByLead((byte)lead), length - at);
        uint four = BinaryPrimitives.ReadUInt32BigEndian(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref bytes, at), sizeof(uint)));
        at += count;
        return four >> (32 - (8 * count));
    }
}
