// Holding out samples from all over a text. Lines are often sorted, by the alphabet or by how common they are, so that those at the end are
// of another kind than the rest. Which are held out, the seed and the bytes of a sample decide: the same text is cut in the same way
// everywhere, and what stands in a text twice is never both learned and held out.

using System.Buffers;
using System.Buffers.Binary;
using System.Collections;

namespace GruLM.Corpus;

/// <summary>Draws the samples that are held out.</summary>
internal static class DrawnSamples
{
    // Samples are drawn by the highest bits of their marks: so many that few samples share them.
    private const int PlaceBits = 20;

    private const int PieceBytes = 1 << 20;
    private const int SamplesBetweenLooks = 1 << 16;

    /// <summary>Cuts so that the second part has about the fraction of the samples that are not blank, drawn by
    /// <see cref="SampleDraw.Seed"/>. Both parts keep the order of the text.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static (CorpusText Training, CorpusText HeldOut) Split(CorpusText text, SampleDraw draw, CancellationToken cancel)
    {
        ulong seed = draw.Seed;
        long[] places = new long[1 << PlaceBits];
        long samples = 0;
        foreach ((_, ReadOnlyMemory<byte> sample) in text.SamplesAndPlaces())
        {
            if (samples++ % SamplesBetweenLooks == 0) cancel.ThrowIfCancellationRequested();
            places[Place(Mark(sample.Span, seed))]++;
        }

        long wanted = samples - TextSplit.Keep(samples, draw.Fraction);
        (BitArray drawn, long count) = Draw(places, wanted);
        bool isByBytes = 2 * count >= wanted;
        if (!isByBytes)
        {
            // A few samples over and over: which of them it is cannot decide.
            Array.Clear(places);
            for (long i = 0; i < samples; i++) places[Place(Mark(i, seed))]++;
            (drawn, _) = Draw(places, wanted);
        }

        using Part? training = draw.HeldOutOnly ? null : new Part(text, draw.MostInMemory);
        using var heldOut = new Part(text, draw.MostInMemory);
        Part? current = training;
        long index = 0;
        foreach ((SampleRange range, ReadOnlyMemory<byte> sample) in text.SamplesAndPlaces())
        {
            ulong mark = isByBytes ? Mark(sample.Span, seed) : Mark(index, seed);
            Part? part = drawn[Place(mark)] ? heldOut : training;
            if (part != current)
            {
                cancel.ThrowIfCancellationRequested();
                current?.EndRun(range.Start);
                part?.BeginRun(range.Start);
                current = part;
            }

            current?.Add(range);
            index++;
        }

        current?.EndRun(text.Length);
        return (training?.Finish() ?? default, heldOut.Finish());
    }

    // Takes the places in order, but for those with more samples than are still wanted; returns also how many samples that is.
    private static (BitArray Drawn, long Count) Draw(long[] places, long wanted)
    {
        var drawn = new BitArray(places.Length);
        long count = 0;
        for (int i = 0; i < places.Length && count < wanted; i++)
        {
            if (places[i] == 0 || count + places[i] > wanted) continue;
            drawn[i] = true;
            count += places[i];
        }

        return (drawn, count);
    }

    private static int Place(ulong mark) => (int)(mark >> (64 - PlaceBits));

    private static ulong Mark(long index, ulong seed)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, index);
        return Mark(bytes, seed);
    }

    // Eight bytes at a time; the last ones with zeros behind them, which the length tells apart.
    private static ulong Mark(ReadOnlySpan<byte> sample, ulong seed)
    {
        ulong mark = Mixed(seed ^ ((ulong)sample.Length << 32));
        for (; sample.Length >= sizeof(ulong); sample = sample[sizeof(ulong)..])
        {
            mark = Mixed(mark ^ BinaryPrimitives.ReadUInt64LittleEndian(sample));
        }

        Span<byte> last = stackalloc byte[sizeof(ulong)];
        last.Clear();
        sample.CopyTo(last);
        return Mixed(mark ^ BinaryPrimitives.ReadUInt64LittleEndian(last));
    }

    // The output function of SplitMix64 (Steele, Lea, Flood 2014).
    private static ulong Mixed(ulong z)
    {
        z += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    // One of the two parts: runs of the text, each from a sample to the next sample of the other part, so that what stands between samples
    // stays behind the one that it follows.
    private sealed class Part(CorpusText text, long mostInMemory) : IDisposable
    {
        private readonly TextSink _sink = new(0, mostInMemory);
        private readonly List<SampleRange>? _ranges = text.HasOwnSamples ? [] : null;
        private long _runStart;
        private long _shift;

        public void BeginRun(long start)
        {
            if (_sink.Length > 0 && _sink.Last != (byte)'\n') _sink.Write("\n"u8);
            (_runStart, _shift) = (start, _sink.Length - start);
        }

        public void Add(SampleRange sample) => _ranges?.Add(new SampleRange(sample.Start + _shift, sample.End + _shift));

        public void EndRun(long end)
        {
            for (long at = _runStart; at < end; at += PieceBytes) _sink.Write(text.Slice(at, (int)Math.Min(PieceBytes, end - at)).Span);
        }

        public CorpusText Finish()
        {
            if (_sink.Length == 0) return default;
            var part = new CorpusText(_sink.Finish());
            return _ranges is null ? part : part.WithSamples([.. _ranges]);
        }

        public void Dispose() => _sink.Dispose();
    }
}
