// How the next token is chosen from the model's scores. Names, defaults and order are llama.cpp's.

using GruLM.Model;

namespace GruLM.Generation;

/// <summary>Sampling settings. Immutable as long as nobody changes the collections given to it, and so safe for several threads.</summary>
public sealed record SamplingOptions
{
    private const double Most = 1000;
    private const float MostBias = 1e30f;

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

    /// <summary>How many recent tokens the penalties and DRY look at; −1: all (DRY: the last 4,096), 0: none.</summary>
    public int RepeatLastN { get; init; } = 64;

    /// <summary>Taken once from the score of a token that occurred recently.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Taken from a token's score for each recent occurrence.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Taken from the score of a token that would make a repetition one longer than <see cref="DryAllowedLength"/>; 0 switches DRY
    /// off.</summary>
    public double DryMultiplier { get; init; }

    /// <summary>What that is multiplied by for each further token of the repetition.</summary>
    public double DryBase { get; init; } = 1.75;

    /// <summary>Tokens of a repetition that are not punished, 1 or more.</summary>
    public int DryAllowedLength { get; init; } = 2;

    /// <summary>2 controls how surprising the text is (Basu et al. 2021), in the place of top-k, typical, top-p and min-p; 0 is
    /// off.</summary>
    public int Mirostat { get; init; }

    /// <summary>The surprise that mirostat aims at, in bits a token.</summary>
    public double MirostatEnt { get; init; } = 5;

    /// <summary>How fast mirostat learns from what was drawn.</summary>
    public double MirostatLr { get; init; } = 0.1;

    /// <summary>Added to the scores of single tokens; negative infinity forbids one.</summary>
    public IReadOnlyDictionary<int, float> LogitBias { get; init; } = new Dictionary<int, float>();

    /// <summary>Decides every draw. The default is fixed, 0: without another seed the same scores are always followed by the same
    /// tokens.</summary>
    public ulong Seed { get; init; }

    /// <summary>The chain's order.</summary>
    public IReadOnlyList<SamplerKind> Samplers { get; init; } =
    [
        SamplerKind.Penalties, SamplerKind.Dry, SamplerKind.TopK, SamplerKind.Typical, SamplerKind.TopP, SamplerKind.MinP,
        SamplerKind.Temperature,
    ];

    /// <summary>Throws <see cref="ArgumentException"/>, naming the property and its range, when a value makes no sense.</summary>
    public void Validate()
    {
        Setting.InRange(Temperature, 0, Most, nameof(Temperature));
        Setting.Check(TopK >= 0, nameof(TopK), TopK, "0 (off) or more");
        Setting.Check(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0 and at most 1");
        Setting.InRange(MinP, 0, 1, nameof(MinP));
        Setting.Check(Typical is > 0 and <= 1, nameof(Typical), Typical, "above 0 and at most 1");
        Setting.InRange(RepeatPenalty, 0.001, Most, nameof(RepeatPenalty));
        Setting.Check(RepeatLastN >= -1, nameof(RepeatLastN), RepeatLastN, "-1 (all), 0 (none) or more");
        Setting.InRange(PresencePenalty, -Most, Most, nameof(PresencePenalty));
        Setting.InRange(FrequencyPenalty, -Most, Most, nameof(FrequencyPenalty));
        Setting.InRange(DryMultiplier, 0, Most, nameof(DryMultiplier));
        Setting.InRange(DryBase, 1, Most, nameof(DryBase));
        Setting.Check(DryAllowedLength >= 1, nameof(DryAllowedLength), DryAllowedLength, "1 or more");
        Setting.Check(Mirostat is 0 or 2, nameof(Mirostat), Mirostat, "0 (off) or 2");
        Setting.InRange(MirostatEnt, 0, Most, nameof(MirostatEnt));
        Setting.InRange(MirostatLr, 0, Most, nameof(MirostatLr));
        if (LogitBias is null || Samplers is null)
        {
            throw new ArgumentException("'LogitBias' and 'Samplers' are not to be null; leave them out");
        }

        foreach ((int id, float bias) in LogitBias)
        {
            if (id < 0) throw new ArgumentException($"'LogitBias' names token {id}; tokens are counted from 0");
            Setting.Check(bias <= MostBias, nameof(LogitBias), bias, $"at most {MostBias} for token {id}");
        }

        foreach (SamplerKind step in Samplers)
        {
            Setting.Check(Enum.IsDefined(step), nameof(Samplers), (double)step, "made of steps that there are");
        }
    }

    /// <summary>Throws <see cref="ArgumentException"/> when a bias is for a token that a vocabulary of so many does not have.</summary>
    public void CheckTokens(int vocabSize)
    {
        foreach (int id in LogitBias.Keys)
        {
            if ((uint)id < (uint)vocabSize) continue;
            int last = vocabSize - 1;
            throw new ArgumentException($"'LogitBias' names token {id}, which there is not: the tokens are 0 to {last}");
        }
    }
}
