// Token embedding: rows of the table gathered forwards, gradients added to the same rows backwards.
// Backward shares out columns, not tokens, so that a row that occurs often is summed by one thread in one order.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Looking tokens up in the embedding table [V, E].</summary>
internal static unsafe class Embedding
{
    /// <summary>x[i] = table[ids[i]]; x has rows of <paramref name="stride"/> floats, whose padding is left alone.</summary>
    public static void Gather(Compute compute, float* table, int dim, int* ids, int count, float* x, int stride)
    {
        var job = new GatherJob { Table = table, Dim = dim, Ids = ids, Count = count, X = x, Stride = stride };
        compute.Team.Run(ref job, (count + GatherJob.Block - 1) / GatherJob.Block);
    }

    /// <summary>dTable[ids[i]] += dx[i].</summary>
    public static void Scatter(Compute compute, float* dTable, int dim, int* ids, int count, float* dx, int stride)
    {
        var job = new ScatterJob { DTable = dTable, Dim = dim, Ids = ids, Count = count, Dx = dx, Stride = stride };
        compute.Team.Run(ref job, (dim + ScatterJob.Block - 1) / ScatterJob.Block);
    }

    private struct GatherJob : IParallelJob
    {
        public const int Block = 64;
        public float* Table, X;
        public int* Ids;
        public int Dim, Count, Stride;

        public readonly void Execute(int item, int thread)
        {
            int end = Math.Min(Count, (item + 1) * Block);
            for (int i = item * Block; i < end; i++)
            {
                new ReadOnlySpan<float>(Table + ((long)Ids[i] * Dim), Dim).CopyTo(new Span<float>(X + ((long)i * Stride), Dim));
            }
        }
    }

    private struct ScatterJob : IParallelJob
    {
        public const int Block = 64;
        public float* DTable, Dx;
        public int* Ids;
        public int Dim, Count, Stride;

        public readonly void Execute(int item, int thread)
        {
            int start = item * Block, columns = Math.Min(Block, Dim - start);
            for (int i = 0; i < Count; i++)
            {
                float* to = DTable + ((long)Ids[i] * Dim) + start, from = Dx + ((long)i * Stride) + start;
                for (int j = 0; j < columns; j++) to[j] += from[j];
            }
        }
    }
}
