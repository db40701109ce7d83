// How register tiles meet memory: their sums written to C or added to it, and lines fetched that will be read soon.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>Writing and fetching for register tiles.</summary>
internal static unsafe class TileMemory<S, V>
    where S : struct, ISimd<V>
    where V : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteFour(
        float* c, nint strideC, bool add, V c00, V c01, V c02, V c10, V c11, V c12, V c20, V c21, V c22, V c30, V c31, V c32)
    {
        if (add)
        {
            AddRow(c, c00, c01, c02);
            AddRow(c += strideC, c10, c11, c12);
            AddRow(c += strideC, c20, c21, c22);
            AddRow(c += strideC, c30, c31, c32);
        }
        else
        {
            StoreRow(c, c00, c01, c02);
            StoreRow(c += strideC, c10, c11, c12);
            StoreRow(c += strideC, c20, c21, c22);
            StoreRow(c += strideC, c30, c31, c32);
        }
    }

    // Into the second-level cache: the first is full of what is being read now.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* line)
    {
        if (Sse.IsSupported) Sse.Prefetch1(line);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreRow(float* c, V x0, V x1, V x2)
    {
        S.Store(c, x0);
        S.Store(c + S.Width, x1);
        S.Store(c + (2 * S.Width), x2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddRow(float* c, V x0, V x1, V x2) =>
        StoreRow(c, S.Add(S.Load(c), x0), S.Add(S.Load(c + S.Width), x1), S.Add(S.Load(c + (2 * S.Width)), x2));
}
