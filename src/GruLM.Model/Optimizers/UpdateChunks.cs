// Parameters cut into chunks for an update that passes over memory once, shared out over the team and specialised for the kernel path.
// An update's arithmetic is a struct that implements IUpdateRule: its loop is written once for all vector widths.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>A stretch of one tensor in the flat buffer. Views are padded to sixteen floats with zeros: whole vectors may be used to its
/// end.</summary>
/// <param name="Offset">First element.</param>
/// <param name="Length">Elements.</param>
/// <param name="Decays">Whether weight decay applies: whether it is of a matrix.</param>
internal readonly record struct UpdateChunk(long Offset, int Length, bool Decays);

/// <summary>An update of one chunk, element by element; what is zero in parameters, gradients and state alike must stay zero.</summary>
internal interface IUpdateRule
{
    /// <summary>Updates a chunk.</summary>
    void Update<S, V>(UpdateChunk chunk)
        where S : struct, ISimd<V>
        where V : unmanaged;
}

/// <summary>The chunks of some tensors.</summary>
internal sealed unsafe class UpdateChunks : IDisposable
{
    private const int ChunkLength = 1 << 14;
    private readonly AlignedBuffer<UpdateChunk> _chunks;

    /// <summary>Cuts <paramref name="views"/>.</summary>
    public UpdateChunks(IEnumerable<ParameterView> views)
    {
        var list = new List<UpdateChunk>();
        foreach (ParameterView view in views)
        {
            for (long start = 0; start < view.Length; start += ChunkLength)
            {
                list.Add(new UpdateChunk(view.Offset + start, (int)Math.Min(ChunkLength, view.Length - start), !view.IsVector));
            }
        }

        _chunks = new AlignedBuffer<UpdateChunk>(list.Count);
        list.CopyTo(_chunks.Span);
    }

    /// <summary>Applies a rule to every chunk.</summary>
    public void Run<TRule>(Compute compute, TRule rule)
        where TRule : struct, IUpdateRule
    {
        switch (compute.Path)
        {
            case KernelPath.Vector512:
                Run<TRule, Simd512, Vector512<float>>(compute, rule);
                break;
            case KernelPath.Vector256:
                Run<TRule, Simd256, Vector256<float>>(compute, rule);
                break;
            case KernelPath.Vector128:
                Run<TRule, Simd128, Vector128<float>>(compute, rule);
                break;
            default:
                Run<TRule, Simd1, float>(compute, rule);
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _chunks.Dispose();

    private void Run<TRule, S, V>(Compute compute, TRule rule)
        where TRule : struct, IUpdateRule
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        var job = new ChunkJob<TRule, S, V> { Chunks = _chunks.Pointer, Rule = rule };
        compute.Team.Run(ref job, (int)_chunks.Length);
    }

    private struct ChunkJob<TRule, S, V> : IParallelJob
        where TRule : struct, IUpdateRule
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        public UpdateChunk* Chunks;
        public TRule Rule;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread) => Rule.Update<S, V>(Chunks[item]);
    }
}
