// grulm demo: everything at once on the built-in sample corpus. Because the corpus comes from a grammar with known probabilities,
// the held-out text's own −log p is known, and the model's figure can be set beside the best that any model could reach.

using System.Diagnostics;
using System.Globalization;
using System.Text;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM.Cli.Demo;

/// <summary>Runs <c>grulm demo</c>.</summary>
internal sealed class DemoRun
{
    public const double DefaultMinutes = 2;

    private const string MarkerName = "demo.txt";
    private const string TextName = "text.txt";
    private const string HeldOutName = "held-out.txt";
    private const int HeldOutBytes = 100_000;

    // The least text that the recipe learns enough from, the most a minute that it could need, and the time that is not training.
    private const int MinBytes = 2_500_000;
    private const double MaxBytesPerMinute = 10_000_000;
    private const double SecondsBesidesTraining = 30;
    private const double BytesPerToken = 3.5;

    // More text than is likely to be needed is made, since the speed is only guessed by then, and the run ends on time within it.
    private const double Surplus = 1.4;
    private const double BytesRoundedTo = 5e5;
    private const double SecondsToMeasure = 1;
    private const double SecondsAfterTraining = 8;

    // From here on a larger model is learned better than more text by the small one.
    private const double MinutesForLongRecipe = 5;

    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    private readonly DemoSettings _settings;
    private readonly Session _session;
    private readonly TextWriter _output;
    private readonly Compute _compute;
    private readonly TrainingDisplay _display;
    private readonly Stopwatch _clock;

    // Whether the training is to end on time; the least text is learned from whole, however long that takes.
    private readonly bool _endsOnTime;

    private DemoRun(DemoSettings settings, Session session, Compute compute, Stopwatch clock)
    {
        (_session, _output, _compute, _clock) = (session, session.Output, compute, clock);
        _settings = settings;
        if (settings.Bytes == 0)
        {
            double bytes = BytesForTime(settings, compute);
            _endsOnTime = bytes >= MinBytes;
            double most = Math.Max(MinBytes, MaxBytesPerMinute * settings.Minutes);
            _settings = settings with { Bytes = (int)Math.Clamp(bytes, MinBytes, most) };
        }

        _display = new TrainingDisplay(session.Error, session.ErrorIsTerminal);
    }

    /// <summary>A recipe that two ordinary cores finish within two minutes.</summary>
    public static TrainingSettings Recipe { get; } = new()
    {
        VocabSize = 1024,
        EmbeddingDim = 192,
        HiddenDim = 192,
        NumLayers = 1,
        Dropout = 0,
        WeightDecay = 0,
        Epochs = 1,
        BatchSize = 8,
        Bptt = 64,
        LearningRate = 8e-3,
        WarmupSteps = 50,
        EvalInterval = 300,
        EvalTokens = 8_000,
    };

    /// <summary>The recipe for someone who has longer: more units, and gradients that reach over whole stories.</summary>
    public static TrainingSettings LongRecipe { get; } = Recipe with
    {
        EmbeddingDim = 320,
        HiddenDim = 320,
        Bptt = 128,
        LearningRate = 6e-3,
        EvalInterval = 1_000,
    };

    /// <summary>The recipe for so many minutes.</summary>
    public static TrainingSettings RecipeFor(double minutes) => minutes >= MinutesForLongRecipe ? LongRecipe : Recipe;

    /// <summary>The demo's figures, for tests: the model's bits a byte on the held-out text, and that text's own.</summary>
    public sealed record Figures(double ModelBits, double OwnBits);

    public static int Run(DemoSettings settings, Session session)
    {
        var clock = Stopwatch.StartNew();
        ClearOldDemo(settings.OutDir);
        session.Output.WriteLine("GruLM demo: from a text to a language model that tells stories, on this machine.\n");
        using var compute = Compute.Create(settings.Threads, Precision.Auto);
        return new DemoRun(settings, session, compute, clock).Run();
    }

    /// <summary>Training and held-out text, from seeds of their own.</summary>
    public static (string Training, string HeldOut) Texts(DemoSettings settings) =>
        (SampleCorpus.Generate(settings.Seed, settings.Bytes), SampleCorpus.Generate(settings.Seed + 1_000_003, HeldOutBytes));

    /// <summary>The exact held-out figures of the model in <paramref name="folder"/>.</summary>
    public static (Figures Figures, EvaluationResult Evaluation) Evaluate(
        string folder, string heldOut, Compute compute, CancellationToken cancel)
    {
        using var model = GruLanguageModel.Load(folder, compute);
        var tokenizer = Tokenizer.Load(Path.Combine(folder, ModelFolder.TokenizerName));
        EvaluationResult result = Evaluation.Stream(model, TokenizedText.HeldOutStream(tokenizer, Utf8(heldOut)), null, cancel);
        double own = SampleCorpus.NegativeLogLikelihood(heldOut) / Math.Log(2) / heldOut.Length;
        return (new Figures(result.BitsPerByte, own), result);
    }

    private int Run()
    {
        (string training, string heldOut) = Texts(_settings);
        WriteText(training);
        if (!Train(training, heldOut)) return ExitCode.Stopped;
        WriteCurves();
        WriteFigures(heldOut);
        DemoTalk.Run(_settings, heldOut, _output, _session.Stop);
        WriteWhatNext();
        return _session.Stop.IsCancellationRequested ? ExitCode.Stopped : ExitCode.Done;
    }

    // As much as this machine could learn from in the time, by a first measurement of its speed.
    private static double BytesForTime(DemoSettings settings, Compute compute)
    {
        TrainingSettings options = settings.Recipe;
        var config = new GruConfig
        {
            VocabSize = options.VocabSize ?? DefaultTokenizer.DefaultVocabSize,
            EmbeddingDim = options.EmbeddingDim,
            HiddenDim = options.HiddenDim,
            NumLayers = options.NumLayers,
            TieWeights = options.TieWeights,
        };
        double tokensPerSecond = SpeedMeasurement.TokensPerSecond(
            config, new AdamWOptions(), options.Bptt, options.BatchSize, compute, SecondsToMeasure);
        double seconds = Math.Max(0, (60 * settings.Minutes) - SecondsBesidesTraining);
        double bytes = seconds * BytesPerToken * tokensPerSecond * Surplus;
        return Math.Round(bytes / BytesRoundedTo) * BytesRoundedTo;
    }

    private void WriteText(string training)
    {
        _output.WriteLine(string.Create(
            s_invariant,
            $"1. The text: {training.Length:#,0} bytes of small stories and talks, written by a grammar with seed {_settings.Seed}. "
            + $"It begins:\n"));
        int end = training.IndexOf("\n\n", 800, StringComparison.Ordinal) + 1;
        _output.WriteLine(DemoTalk.Indented(training[..end]));
    }

    /// <summary>Trains; false when the run was stopped.</summary>
    private bool Train(string training, string heldOut)
    {
        _output.WriteLine("2. Training a tokenizer and a model on it:\n");
        _output.Flush();
        string folder = Directory.CreateDirectory(_settings.OutDir).FullName;
        string text = Path.Combine(folder, TextName), heldOutText = Path.Combine(folder, HeldOutName);
        File.WriteAllText(Path.Combine(folder, MarkerName), "Made by grulm demo, which replaces this folder when it runs again.\n");
        File.WriteAllText(text, training);
        File.WriteAllText(heldOutText, heldOut);
        TrainingSettings settings = _settings.Recipe with { Data = [text], ValData = heldOutText, OutDir = folder };
        if (_settings.Threads > 0) settings = settings with { Threads = _settings.Threads };
        if (_endsOnTime)
        {
            double seconds = (60 * _settings.Minutes) - SecondsAfterTraining - _clock.Elapsed.TotalSeconds;
            settings = settings with { Minutes = Math.Max(seconds, 1) / 60 };
        }

        using var run = TrainingRun.Start(settings, new DemoObserver(_display), cancel: _session.Stop);
        WriteRun(run.Plan);
        try
        {
            return run.Run(_session.Stop).IsFinished;
        }
        finally
        {
            _display.Finish();
        }
    }

    private void WriteRun(RunPlan plan)
    {
        GruConfig config = plan.Config;
        _output.WriteLine(string.Create(
            s_invariant,
            $"   {config.VocabSize:#,0} pieces, {config.NumLayers} x {config.HiddenDim} GRU units, "
            + $"{plan.Parameters:#,0} parameters, {plan.TokensPerEpoch:#,0} tokens, {plan.TotalSteps:#,0} steps, "
            + $"{plan.Threads} threads"));
        _output.Flush();
    }

    private void WriteCurves()
    {
        _output.WriteLine();
        _output.Write(LossCurve.Draw(_display.TrainCurve, "training loss (nats a token) by step"));
        _output.WriteLine();
        _output.Write(LossCurve.Draw(_display.BitsCurve, "held-out bits a byte by step"));
        _output.Flush();
    }

    private void WriteFigures(string heldOut)
    {
        (Figures figures, EvaluationResult evaluation) = Evaluate(_settings.OutDir, heldOut, _compute, _session.Stop);
        string all = TrainingDisplay.Figures(evaluation);
        double above = 100 * ((figures.ModelBits / figures.OwnBits) - 1);
        _output.WriteLine("\n3. How good it is, on text it has never seen:\n");
        _output.WriteLine(string.Create(s_invariant, $"   the model                 {figures.ModelBits:0.0000} bits a byte   ({all})"));
        _output.WriteLine(string.Create(
            s_invariant,
            $"   the text's own −log p     {figures.OwnBits:0.0000} bits a byte   "
            + $"(no model can do better: the grammar's choices are random)"));
        _output.WriteLine(string.Create(s_invariant, $"   above the best possible   {above:0.0} %\n"));
        _output.Flush();
    }

    private void WriteWhatNext()
    {
        string folder = _settings.OutDir;
        _output.WriteLine($"The model is in {folder}. Go on with:\n");
        _output.WriteLine($"   {ProgramName.Text} generate --model {folder} --prompt \"Once a brave girl\"");
        _output.WriteLine($"   {ProgramName.Text} chat --model {folder}");
        _output.WriteLine($"   {ProgramName.Text} train --data YOUR.txt --out-dir YOUR-MODEL");
    }

    // The folder is the demo's to replace only if a demo made it.
    private static void ClearOldDemo(string folder)
    {
        if (File.Exists(folder)) throw new IOException($"{folder}: is a file; --out-dir needs a folder");
        if (!Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any()) return;
        if (!File.Exists(Path.Combine(folder, MarkerName)))
        {
            throw new IOException($"{folder}: exists and is not from an earlier demo; choose another with --out-dir");
        }

        Directory.Delete(folder, recursive: true);
    }

    private static ReadOnlyMemory<byte> Utf8(string text) => Encoding.UTF8.GetBytes(text);

    // The demo tells of its text and its model in its own words.
    private sealed class DemoObserver(TrainingDisplay display) : IRunObserver
    {
        public void OnSteps(StepReport report) => display.OnSteps(report);

        public void OnEvaluation(EvaluationReport report) => display.OnEvaluation(report);

        public void OnEpoch(EpochReport report) => display.OnEpoch(report);

        public void OnNotice(long step, string message) => display.OnNotice(step, message);
    }
}
