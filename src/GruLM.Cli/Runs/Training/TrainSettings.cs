// What grulm train was told: where text and model are, how the run ends, and the library's own options. Flags, a configuration file, a
// preset and the settings of a run that goes on have become one by then.

using GruLM.Corpus;
using GruLM.Kernels;

namespace GruLM.Cli.Runs;

/// <summary>What <c>grulm train</c> was told.</summary>
internal sealed record TrainSettings
{
    public required IReadOnlyList<string> Data { get; init; }

    public required string OutDir { get; init; }

    public string? Tokenizer { get; init; }

    public string? ValData { get; init; }

    public double ValFraction { get; init; } = 0.1;

    /// <summary>Whether a text comes from standard input.</summary>
    public bool ReadsStandardInput => Data.Contains(CorpusFiles.StandardInput) || ValData == CorpusFiles.StandardInput;

    /// <summary>How the data are read.</summary>
    public DataForm Form { get; init; } = new();

    public bool Overwrite { get; init; }

    /// <summary>Minutes to train for; 0: the options say how many steps.</summary>
    public double Minutes { get; init; }

    /// <summary>Whether the number of epochs was given; otherwise time may decide it.</summary>
    public bool EpochsGiven { get; init; }

    /// <summary>What samples begin with; null for the default.</summary>
    public string? SamplePrompt { get; init; }

    /// <summary>Whether to do everything but train.</summary>
    public bool DryRun { get; init; }

    /// <summary>Whether the kind of samples was given; otherwise a model that training starts from decides it.</summary>
    public bool SamplesGiven { get; init; }

    /// <summary>Whether the run in <see cref="OutDir"/> goes on.</summary>
    public bool Resume { get; init; }

    public int Threads { get; init; }

    public Precision Precision { get; init; }

    /// <summary>Everything that the library is told; its tokenizer is filled in from <see cref="Tokenizer"/>.</summary>
    public TextTrainingOptions Options { get; init; } = new();
}
