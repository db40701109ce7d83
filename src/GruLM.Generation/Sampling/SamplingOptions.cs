// How the next token is chosen from the model's scores. Names, defaults and order are llama.cpp's.

namespace GruLM.Generation;

/// <summary>Sampling settings.</summary>
public sealed record SamplingOptions
{
    /// <summary>Divides the scores; 0 takes the likeliest token always.</summary>
    public double Temperature { get; init; } = 0.8;

    /// <summary>Candidates kept by likelihood; 0 keeps all.</summary>
    public int TopK { get; init; } = 40;

    /// <summary>Probability kept; 1 keeps all.</summary>
    public double TopP { get; init; } = 0.95;

    /// <summary>Least probability relative to the likeliest; 0 keeps all.</summary>
    public double MinP { get; init; } = 0.05;

    /// <summary>Probability kept by typicality; 1 keeps all.</summary>
    public double Typical { get; init; } = 1;

    /// <summary>Divides positive and multiplies negative scores of recent tokens; 1 is off.</summary>
    public double RepeatPenalty { get; init; } = 1;

    /// <summary>How many recent tokens the penalties look at; −1: all, 0: none.</summary>
    public int RepeatLastN { get; init; } = 64;

    /// <summary>Taken once from the score of a token that occurred recently.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Taken from a token's score for each recent occurrence.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Added to the scores of single tokens; negative infinity forbids one.</summary>
    public IReadOnlyDictionary<int, float> LogitBias { get; init; } = new Dictionary<int, float>();

    /// <summary>Decides every draw.</summary>
    public ulong Seed { get; init; }

    /// <summary>The chain's order.</summary>
    public IReadOnlyList<SamplerKind> Samplers { get; init; } =
        [SamplerKind.Penalties, SamplerKind.TopK, SamplerKind.Typical, SamplerKind.TopP, SamplerKind.MinP, SamplerKind.Temperature];

    /// <summary>Throws <see cref="ArgumentException"/>, naming the setting and its range, when one makes no sense.</summary>
    public void Validate()
    {
        Check(Temperature >= 0 && double.IsFinite(Temperature), "temperature", Temperature, "0 or more");
        Check(TopK >= 0, "top-k", TopK, "0 (off) or more");
        Check(TopP is > 0 and <= 1, "top-p", TopP, "above 0 and at most 1");
        Check(MinP is >= 0 and <= 1, "min-p", MinP, "from 0 to 1");
        Check(Typical is > 0 and <= 1, "typical", Typical, "above 0 and at most 1");
        Check(RepeatPenalty > 0 && double.IsFinite(RepeatPenalty), "repeat-penalty", RepeatPenalty, "above 0");
        Check(RepeatLastN >= -1, "repeat-last-n", RepeatLastN, "-1 (all), 0 (none) or more");
        Check(double.IsFinite(PresencePenalty), "presence-penalty", PresencePenalty, "a finite number");
        Check(double.IsFinite(FrequencyPenalty), "frequency-penalty", FrequencyPenalty, "a finite number");
    }

    private static void Check(bool fine, string name, double value, string allowed)
    {
        if (!fine) throw new ArgumentException($"{name} is {value}; it must be {allowed}");
    }
}
