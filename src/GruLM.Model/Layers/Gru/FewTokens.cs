// Which batches are so small that a step's weights are read where they lie instead of being packed first.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>The limits of batches whose products are computed in place.</summary>
internal static class FewTokens
{
    /// <summary>Tokens of a batch, at most: by then packing costs less than it brings.</summary>
    public const int Most = 64;

    /// <summary>Lanes, at most: a step reads the recurrent weights once for all of them, but row by row.</summary>
    public const int MostLanes = 4;

    /// <summary>Whether a training step of such a batch reads weights where they lie. bfloat16 always packs: that is where it
    /// converts.</summary>
    public static bool Suit(Compute compute, int tokens, int lanes) => compute.Bf16 == null && tokens <= Most && lanes <= MostLanes;
}
