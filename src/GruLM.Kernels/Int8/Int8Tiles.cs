// The innermost loops of the product of bytes, once for all vectors: four blocks of rows times one vector of activations, or two blocks
// times four vectors, so that what is loaded is used several times.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>Products of blocks of rows. Thread-safe: it has no state.</summary>
internal static unsafe class Int8Tiles<P, V>
    where P : struct, IInt8Simd<V>
    where V : unmanaged
{
    /// <summary>sums[m, row] = start[row] + weights[row] · activations[m], as <paramref name="call"/> says.</summary>
    public static void Run(in Int8Call call)
    {
        int blocks = call.Rows / P.Rows, block = 0;
        if (call.Vectors == 1)
        {
            for (; block + 4 <= blocks; block += 4) FourBlocks(call, block);
            for (; block < blocks; block++) OneBlock(call, block, 0);
            return;
        }

        for (; block < blocks; block++)
        {
            int m = 0;
            if (block + 2 <= blocks)
            {
                for (; m + 4 <= call.Vectors; m += 4) TwoBlocks(call, block, m);
                for (int rest = m; rest < call.Vectors; rest++) OneBlock(call, block, rest);
                block++;
            }

            for (; m < call.Vectors; m++) OneBlock(call, block, m);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourBlocks(in Int8Call call, int block)
    {
        sbyte* w0 = call.Block(block), w1 = w0 + call.BlockBytes, w2 = w1 + call.BlockBytes, w3 = w2 + call.BlockBytes;
        int* start = call.Start + (block * P.Rows);
        V s0 = Load(start), s1 = Load(start + P.Rows), s2 = Load(start + (2 * P.Rows)), s3 = Load(start + (3 * P.Rows));
        byte* activations = call.Activations;
        for (nint k = 0, end = call.Columns; k < end; k += 4)
        {
            V x = P.Broadcast(activations + k), magnitudes = P.Magnitudes(x);
            s0 = P.Dot(s0, w0 + (k * P.Rows), x, magnitudes);
            s1 = P.Dot(s1, w1 + (k * P.Rows), x, magnitudes);
            s2 = P.Dot(s2, w2 + (k * P.Rows), x, magnitudes);
            s3 = P.Dot(s3, w3 + (k * P.Rows), x, magnitudes);
        }

        int* sums = call.Sums + (block * P.Rows);
        Store(sums, s0);
        Store(sums + P.Rows, s1);
        Store(sums + (2 * P.Rows), s2);
        Store(sums + (3 * P.Rows), s3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneBlock(in Int8Call call, int block, int m)
    {
        sbyte* w = call.Block(block);
        V sum = Load(call.Start + (block * P.Rows));
        byte* activations = call.Activations + (m * call.ActivationStride);
        for (nint k = 0, end = call.Columns; k < end; k += 4)
        {
            V x = P.Broadcast(activations + k);
            sum = P.Dot(sum, w + (k * P.Rows), x, P.Magnitudes(x));
        }

        Store(call.Sums + (m * call.SumStride) + (block * P.Rows), sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoBlocks(in Int8Call call, int block, int m)
    {
        sbyte* w0 = call.Block(block), w1 = w0 + call.BlockBytes;
        byte* x0 = call.Activations + (m * call.ActivationStride), x1 = x0 + call.ActivationStride;
        byte* x2 = x1 + call.ActivationStride, x3 = x2 + call.ActivationStride;
        int* start = call.Start + (block * P.Rows);
        V s00 = Load(start), s10 = Load(start + P.Rows), s01 = s00, s11 = s10, s02 = s00, s12 = s10, s03 = s00, s13 = s10;
        for (nint k = 0, end = call.Columns; k < end; k += 4)
        {
            sbyte* a = w0 + (k * P.Rows), b = w1 + (k * P.Rows);
            V x = P.Broadcast(x0 + k), magnitudes = P.Magnitudes(x);
            (s00, s10) = (P.Dot(s00, a, x, magnitudes), P.Dot(s10, b, x, magnitudes));
            x = P.Broadcast(x1 + k);
            magnitudes = P.Magnitudes(x);
            (s01, s11) = (P.Dot(s01, a, x, magnitudes), P.Dot(s11, b, x, magnitudes));
            x = P.Broadcast(x2 + k);
            magnitudes = P.Magnitudes(x);
            (s02, s12) = (P.Dot(s02, a, x, magnitudes), P.Dot(s12, b, x, magnitudes));
            x = P.Broadcast(x3 + k);
            magnitudes = P.Magnitudes(x);
            (s03, s13) = (P.Dot(s03, a, x, magnitudes), P.Dot(s13, b, x, magnitudes));
        }

        Store(call, block, m, s00, s10);
        Store(call, block, m + 1, s01, s11);
        Store(call, block, m + 2, s02, s12);
        Store(call, block, m + 3, s03, s13);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in Int8Call call, int block, int m, V first, V second)
    {
        int* sums = call.Sums + (m * call.SumStride) + (block * P.Rows);
        Store(sums, first);
        Store(sums + P.Rows, second);
    }

    // The sums of a block's rows, at any alignment.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Load(int* source) => Unsafe.ReadUnaligned<V>(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(int* destination, V value) => Unsafe.WriteUnaligned(destination, value);
}
