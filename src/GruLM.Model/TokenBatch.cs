// What a model is trained on at a time: token ids and the ids that follow them, laid out time-major.

namespace GruLM.Model;

/// <summary>Inputs and targets of B lanes over T steps, time-major: element [t·B + b]. Not thread-safe: it is not changed while a model
/// computes with it.</summary>
public sealed class TokenBatch
{
    /// <summary>A target that counts for nothing: padding, or a masked prompt token.</summary>
    public const int Ignored = -1;

    /// <summary>The most tokens of a batch.</summary>
    public const int MaxTokens = 1 << 26;

    /// <summary>The most parts that a larger batch is computed in.</summary>
    public const int MaxParts = 1 << 16;

    /// <summary>An empty batch with room for <paramref name="steps"/> x <paramref name="lanes"/> tokens. Throws
    /// <see cref="ArgumentException"/> when these are less than 1, or more than <see cref="MaxTokens"/> together.</summary>
    public TokenBatch(int steps, int lanes)
    {
        Setting.InRange(steps, 1, MaxTokens, nameof(Steps));
        Setting.InRange(lanes, 1, MaxTokens, nameof(Lanes));
        if ((long)steps * lanes > MaxTokens)
        {
            throw new ArgumentException(
                $"'{nameof(Steps)}' of {steps} times '{nameof(Lanes)}' of {lanes} exceeds the {MaxTokens} tokens of the largest batch");
        }

        Steps = steps;
        Lanes = lanes;
        Inputs = new int[steps * lanes];
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
    /// own. Throws <see cref="ArgumentException"/> when it is not from 0 up to, but not including, <see cref="MaxParts"/>.</summary>
    public int Part
    {
        get;
        set
        {
            Setting.InRange(value, 0, MaxParts - 1, nameof(Part));
            field = value;
        }
    }

    /// <summary>Of how many parts a larger batch is made, where it is computed in parts.</summary>
    public int Parts { get; set; } = 1;

    /// <summary>Where these lanes stand among those of a batch that several processes share; random numbers are those of the whole
    /// batch. Nothing: the batch is not shared.</summary>
    internal LanePlace Place { get; set; }

    /// <summary>Single lanes that start from a zero state although the batch does not: [B].</summary>
    public bool[] FreshLanes { get; }

    /// <summary>Copies lanes from <paramref name="first"/> on into a batch of as many steps, as many as it has.</summary>
    internal void CopyLanes(int first, TokenBatch target)
    {
        target.StartsFresh = StartsFresh;
        FreshLanes.AsSpan(first, target.Lanes).CopyTo(target.FreshLanes);
        for (int t = 0; t < Steps; t++)
        {
            int from = (t * Lanes) + first, to = t * target.Lanes;
            Inputs.AsSpan(from, target.Lanes).CopyTo(target.Inputs.AsSpan(to));
            Targets.AsSpan(from, target.Lanes).CopyTo(target.Targets.AsSpan(to));
        }
    }

    /// <summary>Throws <see cref="ArgumentException"/> for an id that is outside a vocabulary of that size.</summary>
    internal void CheckIds(int vocabSize)
    {
        foreach (int id in Inputs)
        {
            if ((uint)id >= (uint)vocabSize)
            {
                throw new ArgumentException($"token id {id} is outside the model's vocabulary of {vocabSize}");
            }
        }

        foreach (int id in Targets)
        {
            if ((uint)id >= (uint)vocabSize && id != Ignored)
            {
                throw new ArgumentException($"target id {id} is outside the model's vocabulary of {vocabSize}");
            }
        }
    }

    /// <summary>Throws <see cref="ArgumentException"/> when there is no room for a number of every target; an empty span is not
    /// asked.</summary>
    internal void CheckRoom(ReadOnlySpan<float> logProbs)
    {
        if (logProbs.IsEmpty || logProbs.Length >= Targets.Length) return;
        string message = $"there is room for {logProbs.Length} log-probabilities, and the batch has {Targets.Length} targets";
        throw new ArgumentException(message, nameof(logProbs));
    }
}
