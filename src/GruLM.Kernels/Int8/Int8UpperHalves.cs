// The upper halves of a matrix of bytes, which take half its memory: a first look at its product with one vector, which bounds every sum.
// A weight is 16 u + l, u in [−7, 7]. By Cauchy and Schwarz, a row's sum is at most 16 times that of its u, and the lengths of its l and of
// the activations multiplied.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>Four bits a weight of an <see cref="Int8Matrix"/>, for AVX2. Safe for several threads once it is filled, until it is
/// disposed.</summary>
internal sealed unsafe class Int8UpperHalves : IDisposable
{
    // Rows in a vector of sums. A block of so many rows has, for each eight columns, four bytes a row: those of columns 0 to 3 in their
    // lower bits, and of 4 to 7 in their upper ones, with 8 added, so that the product reads them as numbers without a sign.
    private const int BlockRows = 8, GroupColumns = 8, GroupBytes = 32, Bias = 8, Units = 16, Most = 7;

    private const int Streams = 4;

    // After so many groups a sum of pairs is at most 8 · 15 · 2 · 127, which 16 bits hold.
    private const int GroupsInPairs = 4;

    // More than what lengths and their product are rounded by.
    private const float Safety = 1 + 1e-6f;

    private readonly Int8Matrix _weights;
    private readonly AlignedBuffer<byte> _upper;
    private readonly AlignedBuffer<float> _lengths;
    private readonly int _groups;

    /// <summary>Room for the upper halves of <paramref name="weights"/>; <see cref="Fill"/> puts them there.</summary>
    public Int8UpperHalves(Int8Matrix weights)
    {
        (_weights, _groups) = (weights, weights.PaddedColumns / GroupColumns);
        _upper = new AlignedBuffer<byte>((long)weights.PaddedRows * weights.PaddedColumns / 2);
        _lengths = new AlignedBuffer<float>(weights.PaddedRows);
    }

    /// <summary>Whether this process can run it.</summary>
    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>Takes over <paramref name="rows"/> rows from <paramref name="first"/> on, multiples of <see cref="Int8Matrix.RowStep"/>.
    /// </summary>
    public void Fill(int first, int rows)
    {
        for (int row = first; row < first + rows; row++)
        {
            byte* place = Block(row / BlockRows) + (row % BlockRows * 4);
            long squares = 0;
            for (int column = 0; column < _weights.PaddedColumns; column++)
            {
                int weight = _weights[row, column], upper = Math.Clamp((weight + Bias) >> 4, -Most, Most), rest = weight - (Units * upper);
                squares += rest * rest;
                int group = column / GroupColumns, isSecond = column % GroupColumns / 4;
                place[(group * GroupBytes) + (column % 4)] |= (byte)((upper + Bias) << (4 * isSecond));
            }

            _lengths.Pointer[row] = (float)Math.Sqrt(squares) * Safety;
        }
    }

    /// <summary>scores[i] = at least the score of row first + i, for <paramref name="rows"/> rows; both numbers are multiples of
    /// <see cref="Int8Matrix.RowStep"/>. peaks[j] is the highest of the scores of <see cref="Int8Matrix.RowStep"/> rows.
    /// <paramref name="activations"/> have no bias, and a unit of them is worth <paramref name="scale"/>.</summary>
    public void Bound(int first, int rows, sbyte* activations, float scale, float* scores, float* peaks)
    {
        (int total, long squares) = (0, 0);
        for (int j = 0; j < _weights.PaddedColumns; j++)
        {
            total += activations[j];
            squares += activations[j] * activations[j];
        }

        var length = Vector256.Create((float)Math.Sqrt(squares) * Safety);
        var bias = Vector256.Create(Bias * total);
        var scales = Vector256.Create(scale);

        // Four blocks at a time, far apart: each is a stream through memory that goes on where it stopped.
        int blocks = rows / BlockRows, stride = blocks / Streams;
        Vector256<int>* sums = stackalloc Vector256<int>[Streams];
        for (int i = 0; i < stride; i++)
        {
            FourSums(Block((first / BlockRows) + i), (nint)stride * BlockRows * _weights.PaddedColumns / 2, activations, sums);
            for (int stream = 0; stream < Streams; stream++) Store((stream * stride) + i, sums[stream]);
        }

        for (int i = Streams * stride; i < blocks; i++)
        {
            FourSums(Block((first / BlockRows) + i), 0, activations, sums);
            Store(i, sums[0]);
        }

        for (int i = 0; i < rows; i += 2 * BlockRows)
        {
            peaks[i / (2 * BlockRows)] = Highest(Vector256.MaxNative(Vector256.Load(scores + i), Vector256.Load(scores + i + BlockRows)));
        }

        void Store(int block, Vector256<int> sums)
        {
            int row = first + (block * BlockRows);
            Vector256<float> rest = Vector256.Load(_lengths.Pointer + row) * length;
            Vector256<int> most = ((sums - bias) << 4) + Avx.ConvertToVector256Int32WithTruncation(rest) + Vector256<int>.One;
            (Vector256.ConvertToSingle(most) * (Vector256.Load(_weights.Scales + row) * scales)).Store(scores + (block * BlockRows));
        }
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        _upper.Dispose();
        _lengths.Dispose();
    }

    private byte* Block(int block) => _upper.Pointer + ((nint)block * BlockRows * _weights.PaddedColumns / 2);

    private static float Highest(Vector256<float> numbers)
    {
        var half = Vector128.MaxNative(numbers.GetLower(), numbers.GetUpper());
        half = Vector128.MaxNative(half, Vector128.Shuffle(half, Vector128.Create(2, 3, 0, 1)));
        return Math.Max(half[0], half[1]);
    }

    // The products of four blocks with their upper halves, which have their bias.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FourSums(byte* halves, nint stride, sbyte* activations, Vector256<int>* sums)
    {
        byte* a = halves, b = a + stride, c = b + stride, d = c + stride;
        Vector256<int> sumA = Vector256<int>.Zero, sumB = sumA, sumC = sumA, sumD = sumA;
        for (nint group = 0, groups = _groups; group < groups;)
        {
            Vector256<short> pairsA = Vector256<short>.Zero, pairsB = pairsA, pairsC = pairsA, pairsD = pairsA;
            for (nint end = Math.Min(groups, group + GroupsInPairs); group < end; group++)
            {
                int* both = (int*)(activations + (group * GroupColumns));
                Vector256<sbyte> first = Vector256.Create(both[0]).AsSByte(), second = Vector256.Create(both[1]).AsSByte();
                pairsA = Add(pairsA, a + (group * GroupBytes), first, second);
                pairsB = Add(pairsB, b + (group * GroupBytes), first, second);
                pairsC = Add(pairsC, c + (group * GroupBytes), first, second);
                pairsD = Add(pairsD, d + (group * GroupBytes), first, second);
            }

            sumA += Avx2.MultiplyAddAdjacent(pairsA, Vector256<short>.One);
            sumB += Avx2.MultiplyAddAdjacent(pairsB, Vector256<short>.One);
            sumC += Avx2.MultiplyAddAdjacent(pairsC, Vector256<short>.One);
            sumD += Avx2.MultiplyAddAdjacent(pairsD, Vector256<short>.One);
        }

        (sums[0], sums[1], sums[2], sums[3]) = (sumA, sumB, sumC, sumD);
    }

    // Adds a group's products, in pairs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Add(Vector256<short> pairs, byte* halves, Vector256<sbyte> first, Vector256<sbyte> second)
    {
        Vector256<byte> both = Vector256.Load(halves), mask = Vector256.Create((byte)0x0F);
        return pairs + Avx2.MultiplyAddAdjacent(both & mask, first)
            + Avx2.MultiplyAddAdjacent((both.AsUInt16() >>> 4).AsByte() & mask, second);
    }
}
