// Parameters cut into chunks for an update that passes over memory once, shared out over the team and specialised for the kernel path.
// An update's arithmetic is a struct that implements IUpdateRule: its loop is written once for all vector widths.

using System.Runtime.CompilerServices;
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
        where TRule : struct, IUpdateRule =>
        KernelDispatch.Run(compute, new ChunkJob<TRule> { Chunks = _chunks.Pointer, Rule = rule }, (int)_chunks.Length);

    /// <inheritdoc/>
    public void Dispose() => _chunks.Dispose();

    private struct ChunkJob<TRule> : ISimdJob
        where TRule : struct, IUpdateRule
    {
        public UpdateChunk* Chunks;
        public TRule Rule;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute<S, V>(int item, int thread)
            where S : struct, ISimd<V>
            where V : unmanaged => Rule.Update<S, V>(Chunks[item]);
    }
}
