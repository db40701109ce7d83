// What a training run is told. Everything here is a number or a name; the data and the model come beside it.

using GruLM.Model;

namespace GruLM.Training;

/// <summary>The settings of a training run. Steps are optimizer updates.</summary>
public sealed record TrainingOptions
{
    // Of lanes, of parts of a batch and of tokens in a window: beyond this no machine's memory reaches.
    private const int MostLanes = 1 << 16;

    /// <summary>Passes over the training data.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Ends the run (and its schedule) after so many steps, whatever <see cref="Epochs"/> says. 0: no limit.</summary>
    public long MaxSteps { get; init; }

    /// <summary>How the run was laid out anew while it went on, to repeat a run whose number of steps time decided. Empty: it was
    /// not.</summary>
    public IReadOnlyList<PlannedSteps> Plan { get; init; } = [];

    /// <summary>Lanes of text side by side, B.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Parts of <see cref="BatchSize"/> lanes that make up the batch of one update, computed one after another: the same update as
    /// with a batch of that many times the lanes (up to rounding, and to dropout's choices), in the memory of one part.</summary>
    public int GradAccum { get; init; } = 1;

    /// <summary>Tokens that a gradient reaches back, T (truncated back-propagation through time).</summary>
    public int Bptt { get; init; } = 64;

    /// <summary>Whether the lengths of stream windows vary at random around <see cref="Bptt"/>, and each step's learning rate with them
    /// (AWD-LSTM).</summary>
    public bool RandomBptt { get; init; }

    /// <summary>One stream window in so many starts its lane from a zero state. 0: none does.</summary>
    public int FreshEvery { get; init; } = 32;

    /// <summary>The length that no window exceeds.</summary>
    public int LongestWindow => new WindowLengths(Bptt, RandomBptt, Seed).Longest;

    /// <summary>The highest learning rate.</summary>
    public double LearningRate { get; init; } = 4e-3;

    /// <summary>The learning rate that the schedule ends on, or does not go below.</summary>
    public double MinLearningRate { get; init; } = 4e-5;

    /// <summary>Steps over which the learning rate rises from zero.</summary>
    public long WarmupSteps { get; init; } = 100;

    /// <summary>How the learning rate falls after the warm-up.</summary>
    public ScheduleKind Schedule { get; init; } = ScheduleKind.Cosine;

    /// <summary>Evaluations in a row, no better than the best, after which <see cref="ScheduleKind.Plateau"/> cuts the learning
    /// rate.</summary>
    public int PlateauPatience { get; init; } = 1;

    /// <summary>What such a cut multiplies the learning rate by; it does not go below <see cref="MinLearningRate"/>.</summary>
    public double PlateauFactor { get; init; } = 0.5;

    /// <summary>The global gradient norm above which gradients are scaled down to it. 0: never.</summary>
    public double GradClip { get; init; } = 1.0;

    /// <summary>Steps between evaluations besides those at the end of each epoch. 0: none.</summary>
    public long EvalInterval { get; init; }

    /// <summary>About how many evaluations a run of few epochs has: those inside epochs come at equal distances. 0: none besides those that
    /// <see cref="EvalInterval"/> asks for.</summary>
    public int LeastEvaluations { get; init; }

    /// <summary>Held-out tokens an evaluation reads at most. 0: all.</summary>
    public long EvalTokens { get; init; }

    /// <summary>Evaluations without a new best after which the run ends. 0: it goes on to the end of its schedule.</summary>
    public int Patience { get; init; }

    /// <summary>Steps between progress reports.</summary>
    public long LogInterval { get; init; } = 20;

    /// <summary>Steps between samples, see <see cref="ITrainingObserver.OnSampleDue"/>. 0: none.</summary>
    public long SampleEvery { get; init; }

    /// <summary>Steps between checkpoints besides those at the end of each epoch and after ten minutes without one. 0: none.</summary>
    public long SaveInterval { get; init; }

    /// <summary>Checkpoints kept.</summary>
    public int Keep { get; init; } = 2;

    /// <summary>Decides the starting values, the order of lines, the lengths of random windows and dropout.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Throws <see cref="ArgumentException"/> for a value that is out of its range, naming its property.</summary>
    public void Validate()
    {
        Setting.InRange(Epochs, 1, int.MaxValue, nameof(Epochs));
        Setting.InRange(MaxSteps, 0, long.MaxValue, nameof(MaxSteps));
        Setting.InRange(BatchSize, 1, MostLanes, nameof(BatchSize));
        Setting.InRange(GradAccum, 1, MostLanes, nameof(GradAccum));
        Setting.InRange(Bptt, 1, MostLanes, nameof(Bptt));
        Setting.InRange(FreshEvery, 0, int.MaxValue, nameof(FreshEvery));
        Setting.Check(LearningRate > 0 && double.IsFinite(LearningRate), nameof(LearningRate), LearningRate, "a number above 0");
        Setting.InRange(MinLearningRate, 0, LearningRate, nameof(MinLearningRate));
        Setting.InRange(WarmupSteps, 0, long.MaxValue, nameof(WarmupSteps));
        Setting.InRange(PlateauPatience, 1, int.MaxValue, nameof(PlateauPatience));
        Setting.Check(PlateauFactor is > 0 and < 1, nameof(PlateauFactor), PlateauFactor, "above 0 and below 1");
        Setting.Check(GradClip >= 0 && double.IsFinite(GradClip), nameof(GradClip), GradClip, "0 or more");
        Setting.InRange(EvalInterval, 0, long.MaxValue, nameof(EvalInterval));
        Setting.InRange(LeastEvaluations, 0, int.MaxValue, nameof(LeastEvaluations));
        Setting.InRange(EvalTokens, 0, long.MaxValue, nameof(EvalTokens));
        Setting.InRange(Patience, 0, int.MaxValue, nameof(Patience));
        Setting.InRange(LogInterval, 1, long.MaxValue, nameof(LogInterval));
        Setting.InRange(SampleEvery, 0, long.MaxValue, nameof(SampleEvery));
        Setting.InRange(SaveInterval, 0, long.MaxValue, nameof(SaveInterval));
        Setting.InRange(Keep, 1, int.MaxValue, nameof(Keep));
        if (!Enum.IsDefined(Schedule)) throw new ArgumentException($"'{nameof(Schedule)}' is {Schedule}, which is no schedule");
    }

    /// <summary>Throws <see cref="ArgumentException"/> for settings that do not go together with samples of
    /// <paramref name="kind"/>.</summary>
    public void Validate(SampleKind kind)
    {
        if (RandomBptt && kind == SampleKind.Lines)
        {
            throw new ArgumentException("'RandomBptt' needs 'Samples = Stream': lines are cut at their own ends");
        }

        if (RandomBptt && Bptt < WindowLengths.SmallestBptt)
        {
            throw new ArgumentException(
                $"'RandomBptt' needs a 'Bptt' of at least {WindowLengths.SmallestBptt}, around which lengths can vary; it is {Bptt}");
        }
    }
}
