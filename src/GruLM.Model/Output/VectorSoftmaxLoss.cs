// SoftmaxLoss for one vector width: its passes over logits, shared out over the team. The passes themselves: SoftmaxRows.cs for a batch,
// BlockForward.cs and BlockBackward.cs for few tokens.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>The passes of <see cref="SoftmaxLoss"/> for the vector width <typeparamref name="S"/>.</summary>
internal sealed unsafe class VectorSoftmaxLoss<S, V>(Compute compute, int vocab, int hidden) : SoftmaxLoss(compute, vocab, hidden)
    where S : struct, ISimd<V>
    where V : unmanaged
{
    private readonly ThreadTeam _team = compute.Team;

    protected override void SoftmaxRows(float* logits, int* targets, int rows, float scale, double* nll, int* correct)
    {
        var job = new SoftmaxRows<S, V>
        {
            Logits = logits,
            Targets = targets,
            Rows = rows,
            Vocab = Vocab,
            Stride = LogitStride,
            Scale = scale,
            Nll = nll,
            Correct = correct,
        };
        _team.Run(ref job, (rows + SoftmaxRows<S, V>.Block - 1) / SoftmaxRows<S, V>.Block);
    }

    protected override void RunInBlocks(FewTokenColumns columns, float scale)
    {
        var forward = new BlockForward<S, V> { All = columns };
        _team.Run(ref forward, columns.Blocks);
        columns.Combine(scale);
        var backward = new BlockBackward<S, V> { All = columns };
        _team.Run(ref backward, columns.Parts);
        var sum = new PartSum<S, V> { All = columns };
        _team.Run(ref sum, (columns.Rows + PartSum<S, V>.Block - 1) / PartSum<S, V>.Block);
    }
}
