// The register tile of matrix products alone, with all it reads and writes in the first-level cache: what a product would reach if memory
// cost nothing. What it falls short of FmaCeiling by is the price of its loads and broadcasts: little on a core of one's own, a third on a
// shared one, where a neighbour takes half of the issue slots (24 multiply-adds with 11 instructions that do nothing are then no faster).

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>Runs the register tile of a kernel path on every thread.</summary>
internal static class TileCeiling
{
    private const int Depth = 96;
    private const int Rounds = 4000;

    /// <summary>Runs a millisecond or two and returns the floating-point operations of all threads together.</summary>
    public static double Run(Compute compute)
    {
        KernelDispatch.Run(compute, default(Job), compute.Team.Count);
        return compute.Team.Count * KernelDispatch.Run<Operations, double>(compute.Path, default);
    }

    private readonly struct Operations : ISimdWork<double>
    {
        public double Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged => 2.0 * Rounds * Depth * S.TileRows * 3 * S.Width;
    }

    private readonly struct Job : ISimdJob
    {
        [SkipLocalsInit]
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public unsafe void Execute<S, V>(int item, int thread)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            int width = 3 * S.Width;
            using var a = new AlignedBuffer<float>(S.TileRows * Depth);
            using var b = new AlignedBuffer<float>(width * Depth);
            using var c = new AlignedBuffer<float>(S.TileRows * width);
            for (int i = 0; i < Rounds; i++)
            {
                RegisterTile<S, V>.Product(a.Pointer, 1, S.TileRows, b.Pointer, width, Depth, c.Pointer, width, S.TileRows, 3, add: true,
                    null);
            }
        }
    }
}
