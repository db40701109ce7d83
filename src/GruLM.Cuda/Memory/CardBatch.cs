// A batch on its way to the card: its ids and targets in padded lanes, which lanes start fresh, and the order of tokens for the embedding's
// gradient, all in one copy.

using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>The shape of a batch, and where its numbers lie in the workspace's integers.</summary>
internal readonly record struct CardBatch(CardWorkspace Workspace, int Steps, int RealLanes)
{
    /// <summary>Lanes, padded: B'.</summary>
    public int Lanes => Card.PadLanes(RealLanes);

    /// <summary>Tokens, N = T·B'.</summary>
    public int Tokens => Steps * Lanes;

    public DevicePointer Ids => Workspace.Integers.At(0);

    public DevicePointer Fresh => Workspace.Integers.At(2L * Tokens);

    public DevicePointer SegmentCounts => Workspace.Integers.At(SegmentsFirst);

    public DevicePointer CutCount => Workspace.Integers.At(SegmentsFirst + 1);

    public DevicePointer Order => Workspace.Integers.At(SegmentsFirst + 4);

    public DevicePointer Segments => Workspace.Integers.At(SegmentsFirst + 4 + Tokens);

    public DevicePointer Cut => Workspace.Integers.At(SegmentsFirst + 4 + Tokens + (4L * EmbeddingSegments.MostSegments(Tokens)));

    private int SegmentsFirst => (2 * Tokens) + Lanes;

    /// <summary>Targets from a token on.</summary>
    public DevicePointer TargetsAt(long token) => Workspace.Integers.At(Tokens + token);

    /// <summary>Numbers to copy to the card.</summary>
    public int Length(bool training) => SegmentsFirst + (training ? EmbeddingSegments.Length(Tokens) : 0);

    /// <summary>Writes the batch into this machine's copy of the integers. With <paramref name="allFresh"/> every lane starts from
    /// zero.</summary>
    public void Stage(TokenBatch batch, bool allFresh, EmbeddingSegments? segments)
    {
        Span<int> to = Workspace.HostIntegers.Span;
        to[..(2 * Tokens)].Fill(TokenBatch.Ignored);
        for (int t = 0; t < Steps; t++)
        {
            batch.Inputs.AsSpan(t * RealLanes, RealLanes).CopyTo(to[(t * Lanes)..]);
            batch.Targets.AsSpan(t * RealLanes, RealLanes).CopyTo(to[(Tokens + (t * Lanes))..]);
        }

        for (int b = 0; b < Lanes; b++)
        {
            bool fresh = allFresh || batch.StartsFresh || (b < RealLanes && batch.FreshLanes[b]);
            to[(2 * Tokens) + b] = fresh ? 1 : 0;
        }

        segments?.Fill(to[..Tokens], to[SegmentsFirst..]);
    }
}
