// What a model is trained on at a time: token ids and the ids that follow them, laid out time-major.

namespace GruLM.Model;

/// <summary>Inputs and targets of B lanes over T steps, time-major: element [t·B + b].</summary>
public sealed class TokenBatch
{
    /// <summary>A target that counts for nothing: padding, or a masked prompt token.</summary>
    public const int Ignored = -1;

    /// <summary>An empty batch with room for <paramref name="steps"/> x <paramref name="lanes"/> tokens.</summary>
    public TokenBatch(int steps, int lanes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lanes);
        Steps = steps;
        Lanes = lanes;
        Inputs = new int[checked(steps * lanes)];
        Targets = new int[steps * lanes];
        FreshLanes = new bool[lanes];
    }

    /// <summary>Time steps, T.</summary>
    public int Steps { get; }

    /// <summary>Lanes, B.</summary>
    public int Lanes { get; }

    /// <summary>Token ids fed in: [T, B].</summary>
    public int[] Inputs { get; }

    /// <summary>Token ids to predict, or <see cref="Ignored"/>: [T, B].</summary>
    public int[] Targets { get; }

    /// <summary>Whether every lane starts from a zero state; otherwise from where the batch before it ended.</summary>
    public bool StartsFresh { get; set; }

    /// <summary>Which part of a larger batch this is, where a batch is computed in parts: each part's lanes carry states of their
    /// own.</summary>
    public int Part { get; set; }

    /// <summary>Single lanes that start from a zero state although the batch does not: [B].</summary>
    public bool[] FreshLanes { get; }
}
