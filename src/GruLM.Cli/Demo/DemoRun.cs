// grulm demo: everything at once on the built-in sample corpus. Because the corpus comes from a grammar with known probabilities,
// the held-out text's own −log p is known, and the model's figure can be set beside the best that any model could reach.

using System.Globalization;
using System.Text;
using GruLM.Cli.Commands;
using GruLM.Corpus;
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
    private const string MarkerText = "Made by grulm demo, which replaces this folder when it runs again.";
    private const string TextName = "the built-in sample text";
    private const int HeldOutBytes = 100_000;

    // From here on a larger model is learned better than more text by the small one.
    private const double MinutesForLongRecipe = 5;

    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    // What demos before this one kept beside the model.
    private static readonly string[] s_oldTexts = ["text.txt", "held-out.txt"];

    private readonly DemoSettings _settings;
    private readonly Session _session;
    private readonly TextWriter _output;
    private readonly Compute _compute;
    private readonly TrainingDisplay _display;
    private double _secondsTrained;

    private DemoRun(DemoSettings settings, Session session, Compute compute)
    {
        (_session, _output, _compute) = (session, session.Output, compute);
        int steps = settings.MaxSteps;
        if (steps == 0 && settings.Bytes == 0)
        {
            using var training = Compute.Create(settings.Threads, settings.Recipe.Precision);
            double speed = DemoLength.MeasureSpeed(settings.Recipe, training);
            steps = DemoLength.Steps(settings.Minutes, speed, settings.Recipe, EarlierSteps(settings));
        }

        int bytes = settings.Bytes > 0 ? settings.Bytes : DemoLength.Bytes(steps, settings.Recipe);
        _settings = settings with { MaxSteps = steps, Bytes = bytes };
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
        CheckFolder(settings.OutDir);
        session.Output.WriteLine("GruLM demo: from a text to a language model that tells stories, on this machine.\n");
        using var compute = Compute.Create(settings.Threads, Precision.Fp32);
        return new DemoRun(settings, session, compute).Run();
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
        HeldOutStream text = TokenizedText.HeldOutStream(tokenizer, Utf8(heldOut), cancel: cancel);
        EvaluationResult result = Evaluation.Stream(model, text, null, cancel);
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
        DemoTalk.Run(_settings, _session);
        WriteWhatNext();
        return _session.Stop.IsCancellationRequested ? ExitCode.Stopped : ExitCode.Done;
    }

    // The steps of the demo in the folder, if that was one for as many minutes; 0 otherwise.
    private static int EarlierSteps(DemoSettings settings)
    {
        string path = Path.Combine(settings.OutDir, MarkerName);
        if (!File.Exists(path)) return 0;
        string[] words = File.ReadAllText(path).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words is [.., "steps:", var steps, "minutes:", var minutes] && minutes == settings.Minutes.ToString(s_invariant)
            && int.TryParse(steps, NumberStyles.None, s_invariant, out int count) ? count : 0;
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
        TrainingSettings settings = SettingsFor(training.Length, heldOut.Length);
        using var text = new MemoryStream(Encoding.ASCII.GetBytes(training + heldOut));
        IRunObserver observer = new DemoObserver(_display);
        using var watched = WatchedRun.Begin(_settings.Watch, settings.OutDir, observer, _session);
        observer = watched?.Observer ?? observer;
        using var run = TrainingRun.Start(settings, observer, text, _session.Stop);
        WriteRun(run.Plan);
        RunOutcome outcome;
        try
        {
            using IDisposable saving = _session.Deadline.Hold();
            outcome = run.Run(_session.Stop);
        }
        finally
        {
            _display.Finish();
        }

        watched?.End(outcome);
        _secondsTrained = outcome.Position.Seconds;
        if (outcome.IsFinished) MarkAsDemo(settings.OutDir);
        else WriteStopped(outcome);
        return outcome.IsFinished;
    }

    // The text comes as if from standard input: such a text is kept in the model folder, where evaluating and resuming find it. The model
    // of an earlier demo stays until this one has ended.
    private TrainingSettings SettingsFor(int trainingBytes, int heldOutBytes)
    {
        string folder = Directory.CreateDirectory(_settings.OutDir).FullName, marker = Path.Combine(folder, MarkerName);
        if (!File.Exists(marker)) File.WriteAllText(marker, MarkerText + "\n");
        TrainingSettings settings = _settings.Recipe with
        {
            Data = [CorpusFiles.StandardInput],
            InputName = TextName,
            DataFormat = CorpusFormat.Plain,

            // A half of a byte less, so that no rounding moves the cut.
            ValFraction = (heldOutBytes - 0.5) / ((double)trainingBytes + heldOutBytes),
            OutDir = folder,
            Overwrite = true,
            ReplaceAtEnd = true,
            MaxSteps = _settings.MaxSteps,
        };
        return _settings.Threads > 0 ? settings with { Threads = _settings.Threads } : settings;
    }

    private void MarkAsDemo(string folder)
    {
        string length = string.Create(s_invariant, $"steps: {_settings.MaxSteps} minutes: {_settings.Minutes}");
        File.WriteAllText(Path.Combine(folder, MarkerName), $"{MarkerText}\n{length}\n");
        foreach (string name in s_oldTexts) File.Delete(Path.Combine(folder, name));
    }

    private void WriteStopped(RunOutcome outcome)
    {
        string left = outcome.KeepsOldModel ? $"{_settings.OutDir} still holds the model of an earlier demo" : "what it learned is saved";
        _session.Error.WriteLine(string.Create(
            s_invariant,
            $"stopped at step {outcome.Position.Step:#,0} of {outcome.Position.TotalSteps:#,0}; {left}; "
            + $"go on with: {ProgramName.Text} train --resume {ShellWord.Of(_settings.OutDir)}"));
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
        _output.Write(_display.Curves());
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
        string folder = ShellWord.Of(_settings.OutDir);
        _output.WriteLine($"The model is in {_settings.OutDir}. Go on with:\n");
        _output.WriteLine($"   {ProgramName.Text} generate --model {folder} --prompt \"Once a brave girl\"");
        _output.WriteLine($"   {ProgramName.Text} chat --model {folder}");
        _output.WriteLine($"   {ProgramName.Text} eval --model {folder}");
        _output.WriteLine($"   {ProgramName.Text} train --data YOUR.txt --out-dir YOUR-MODEL");
        double more = 2 * Math.Ceiling(Math.Max(_settings.Minutes, _secondsTrained / 60));
        _output.WriteLine(string.Create(
            s_invariant, $"   {ProgramName.Text} train --resume {folder} --minutes {more}   (trains it further, so long in all)"));
        _output.WriteLine(string.Create(
            s_invariant,
            $"\nThe same model again, to the bit, in a machine like this: "
            + $"{ProgramName.Text} demo --minutes {_settings.Minutes} --seed {_settings.Seed} --max-steps {_settings.MaxSteps}"));
    }

    // The folder is the demo's to replace only if a demo made it.
    private static void CheckFolder(string folder)
    {
        if (File.Exists(folder)) throw new IOException($"{folder}: is a file; --out-dir needs a folder");
        if (!Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any()) return;
        if (File.Exists(Path.Combine(folder, MarkerName))) return;
        throw new IOException($"{folder}: exists and is not from an earlier demo; choose another with --out-dir");
    }

    private static ReadOnlyMemory<byte> Utf8(string text) => Encoding.UTF8.GetBytes(text);

    // The demo tells of its text and its model in its own words.
    private sealed class DemoObserver(TrainingDisplay display) : IRunObserver
    {
        public void OnSteps(StepReport report) => display.OnSteps(report);

        // A figure of a part of the text, and not the one that is shown at the end: it is for the curve alone.
        public void OnEvaluation(EvaluationReport report) => display.AddToCurve(report);

        public void OnEpoch(EpochReport report) => display.OnEpoch(report);

        public void OnNotice(long step, string message) => display.OnNotice(step, message);
    }
}
