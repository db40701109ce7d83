// One case of grulm bench tokenizer, measured.

namespace GruLM.Cli.Bench;

/// <summary>A case and what it took. Ratios above one are in our favour.</summary>
internal sealed record TokenizerBenchResult(string Name, int Threads, long Bytes)
{
    /// <summary>The median run.</summary>
    public required double Milliseconds { get; init; }

    /// <summary>The median run of SentencePiece's program; null where there is none to compare with.</summary>
    public double? ReferenceMilliseconds { get; init; }

    /// <summary>How many times as fast as the reference or, without one, as a single thread; null: compared with nothing.</summary>
    public double? Ratio { get; init; }

    /// <summary>The ratio to the reference in processor time.</summary>
    public double? ProcessorRatio { get; init; }

    /// <summary>What another program made of the same; null where none was named.</summary>
    public PeerFigure? Peer { get; init; }

    /// <summary>How many times as fast as a single thread the machine is at as many runs that have nothing to do with each
    /// other.</summary>
    public double? Ceiling { get; init; }
}
