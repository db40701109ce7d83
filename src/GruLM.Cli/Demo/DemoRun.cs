// grulm demo: everything at once on the built-in sample corpus. Because the corpus comes from a grammar with known probabilities,
// the held-out text's own −log p is known, and the model's figure can be set beside the best that any model could reach.

using System.Diagnostics;
using System.Globalization;
using GruLM.Cli.Demo;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli.Runs;

/// <summary>What <c>grulm demo</c> was told.</summary>
internal sealed record DemoSettings
{
    public required string OutDir { get; init; }

    /// <summary>Bytes of training text; 0 takes what this machine learns in a good minute.</summary>
    public int Bytes { get; init; }

    public ulong Seed { get; init; } = 1;

    public int Threads { get; init; }

    /// <summary>About how long all of it may take.</summary>
    public double Minutes { get; init; } = DemoRun.DefaultMinutes;

    public TextTrainingOptions Options { get; init; } = DemoRun.Recipe;
}

/// <summary>Runs <c>grulm demo</c>.</summary>
internal static class DemoRun
{
    private const int HeldOutBytes = 100_000;

    public const double DefaultMinutes = 2;

    // The least text that the recipe learns enough from, the most a minute that it could need, and the time that is not training.
    private const int FewestBytes = 2_500_000;
    private const double MostBytesAMinute = 10_000_000;
    private const double SecondsBesides = 30;

    // More text than is likely to be needed is made, since the speed is only guessed by then, and the run ends on time within it.
    private const double MoreThanNeeded = 1.4;
    private const double SecondsToMeasure = 1;
    private const double SecondsAfterTraining = 8;

    // From here on a larger model is learned better than more text by the small one.
    private const double MinutesForMore = 5;
    private const double BytesAToken = 3.5;
    private const string MarkerName = "demo.txt";

    /// <summary>A recipe that two ordinary cores finish within two minutes.</summary>
    public static TextTrainingOptions Recipe { get; } = new()
    {
        VocabSize = 1024,
        EmbeddingDim = 192,
        HiddenDim = 192,
        NumLayers = 1,
        Dropout = 0,
        Optimizer = new AdamWOptions { WeightDecay = 0 },
        Training = new TrainingOptions
        {
            Epochs = 1,
            BatchSize = 8,
            Bptt = 64,
            LearningRate = 8e-3,
            MinLearningRate = 8e-5,
            WarmupSteps = 50,
            EvalInterval = 300,
            EvalTokens = 8_000
        },
    };

    /// <summary>The recipe for someone who has longer: more units, and gradients that reach over whole stories.</summary>
    public static TextTrainingOptions LongRecipe { get; } = Recipe with
    {
        EmbeddingDim = 320,
        HiddenDim = 320,
        Training = Recipe.Training with { Bptt = 128, LearningRate = 6e-3, MinLearningRate = 6e-5, EvalInterval = 1_000 },
    };

    /// <summary>The recipe for so many minutes.</summary>
    public static TextTrainingOptions RecipeFor(double minutes) => minutes >= MinutesForMore ? LongRecipe : Recipe;

    /// <summary>The demo's figures, for tests: the model's bits a byte on the held-out text, and that text's own.</summary>
    public sealed record Figures(double ModelBits, double OwnBits);

    public static int Run(DemoSettings settings, TextWriter output, TextWriter messages, bool live, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        ClearOldDemo(settings.OutDir);
        output.WriteLine("GruLM demo: from a text to a language model that tells stories, on this machine.\n");
        using var compute = Compute.Create(settings.Threads, Precision.Auto);
        bool onTime = settings.Bytes == 0;
        if (onTime)
        {
            (TextTrainingOptions? o, TrainingOptions? t) = (settings.Options, settings.Options.Training);
            var config = new GruConfig
            {
                VocabSize = o.VocabSize,
                EmbeddingDim = o.EmbeddingDim,
                HiddenDim = o.HiddenDim,
                NumLayers = o.NumLayers,
                TieWeights = o.TieWeights
            };
            double tokensPerSecond = SpeedMeasurement.TokensPerSecond(config, o.Optimizer, t.Bptt, t.BatchSize, compute, SecondsToMeasure);
            double bytes = Math.Max(0, (60 * settings.Minutes) - SecondsBesides) * BytesAToken * tokensPerSecond * MoreThanNeeded;
            settings =
                settings with
                {
                    Bytes = (int)Math.Clamp(Math.Round(bytes / 5e5) * 5e5, FewestBytes,
                Math.Max(FewestBytes, MostBytesAMinute * settings.Minutes))
                };
        }

        (string? training, string? heldOut) = Texts(settings);
        output.WriteLine(
            string.Create(
            CultureInfo.InvariantCulture,
            $"1. The text: {training.Length:#,0} bytes of small stories and talks, written by a grammar with seed {settings.Seed}. It begins:\n"));
        output.WriteLine(Indented(training[..(training.IndexOf("\n\n", 800, StringComparison.Ordinal) + 1)]));
        output.WriteLine("2. Training a tokenizer and a model on it:\n");
        output.Flush();
        var display = new TrainingDisplay(messages, live);
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(settings.OutDir).FullName, MarkerName),
            "Made by grulm demo, which replaces this folder when it runs again.\n");
        using (var figuresFile = new MetricsFile(settings.OutDir))
        using (var run = TextTraining.Prepare(Utf8(training), Utf8(heldOut), settings.Options, compute, settings.OutDir,
            new SharedObserver([display, figuresFile]), null, cancel))
        {
            if (onTime) EndOnTime(run, settings, clock, cancel);
            GruConfig config = run.Model.Config;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"   {config.VocabSize:#,0} pieces, {config.NumLayers} x {config.HiddenDim} GRU units, {run.Model.Parameters.Count:#,0} parameters, {run.Data.TokensPerEpoch:#,0} tokens, {run.TotalSteps:#,0} steps, {compute.Team.Count} threads"));
            output.Flush();
            TrainingResult result;
            try
            {
                result = run.Run(cancel);
            }
            finally
            {
                display.Finish();
            }

            if (!result.Finished) return ExitCode.Stopped;
        }

        output.WriteLine();
        output.Write(LossCurve.Draw(display.TrainCurve, "training loss (nats a token) by step"));
        output.WriteLine();
        output.Write(LossCurve.Draw(display.BitsCurve, "held-out bits a byte by step"));
        output.Flush();
        (Figures? figures, EvaluationResult evaluation) = Evaluate(settings.OutDir, heldOut, compute, cancel);
        output.WriteLine("\n3. How good it is, on text it has never seen:\n");
        output.WriteLine(
            string.Create(
            CultureInfo.InvariantCulture,
            $"   the model                 {figures.ModelBits:0.0000} bits a byte   ({TrainingDisplay.Figures(evaluation)})"));
        output.WriteLine(
            string.Create(
            CultureInfo.InvariantCulture,
            $"   the text's own −log p     {figures.OwnBits:0.0000} bits a byte   (no model can do better: the grammar's choices are random)"));
        output.WriteLine(
            string.Create(
            CultureInfo.InvariantCulture, $"   above the best possible   {100 * ((figures.ModelBits / figures.OwnBits) - 1):0.0} %\n"));
        output.Flush();
        TellAndTalk(settings, heldOut, output, cancel);
        output.WriteLine($"The model is in {settings.OutDir}. Go on with:\n");
        output.WriteLine($"   grulm generate --model {settings.OutDir} --prompt \"Once a brave girl\"");
        output.WriteLine($"   grulm chat --model {settings.OutDir}");
        output.WriteLine("   grulm train --data YOUR.txt --out-dir YOUR-MODEL");
        return cancel.IsCancellationRequested ? ExitCode.Stopped : ExitCode.Done;
    }

    /// <summary>Training and held-out text, from seeds of their own.</summary>
    public static (string Training, string HeldOut) Texts(DemoSettings settings) =>
        (SampleCorpus.Generate(settings.Seed, settings.Bytes), SampleCorpus.Generate(settings.Seed + 1_000_003, HeldOutBytes));

    /// <summary>The exact held-out figures of the model in <paramref name="folder"/>.</summary>
    public static (Figures Figures, EvaluationResult Evaluation) Evaluate(
        string folder, string heldOut, Compute compute, CancellationToken cancel)
    {
        using var model = GruLanguageModel.Load(folder, compute);
        var tokenizer = Tokenization.Tokenizer.Load(Path.Combine(folder, ModelFolder.TokenizerName));
        EvaluationResult result = Evaluation.Stream(model, TokenizedText.HeldOutStream(tokenizer, Utf8(heldOut)), null, cancel);
        double own = SampleCorpus.NegativeLogLikelihood(heldOut) / Math.Log(2) / heldOut.Length;
        return (new Figures(result.BitsPerByte, own), result);
    }

    // The least text is learned from whole, however long that takes.
    private static void EndOnTime(TextTraining run, DemoSettings settings, Stopwatch clock, CancellationToken cancel)
    {
        SpeedMeasurement speed = run.MeasureSpeed(SecondsToMeasure, cancel);
        double seconds = (60 * settings.Minutes) - SecondsAfterTraining - clock.Elapsed.TotalSeconds;
        TrainingOptions t = settings.Options.Training;
        if (speed.StepsIn(seconds, run.Data, t) >= run.TotalSteps * (double)FewestBytes / settings.Bytes)
        {
            run.FitInto(new TimeBudget(seconds, speed), t.Epochs);
        }
    }

    private static void TellAndTalk(DemoSettings settings, string heldOut, TextWriter output, CancellationToken cancel)
    {
        using var model = LanguageModel.Open(settings.OutDir, settings.Threads);
        var options = new GenerationOptions { Sampling = model.Defaults.ToSampling() with { Seed = settings.Seed }, Stop = ["\n\n"] };
        output.WriteLine("4. It tells stories:\n");
        foreach (string prompt in (string[])["Once a brave girl", "One rainy morning"])
        {
            // A document begins after an empty line.
            output.WriteLine(Indented(prompt + string.Concat(model.Generate("\n" + prompt, options, cancel))));
        }

        output.WriteLine("5. It talks, and answers questions about a story it has just read:\n");
        var greedy = new GenerationOptions { Sampling = new Generation.SamplingOptions { Temperature = 0 }, MaxTokens = 40 };
        using ChatSession chat = model.StartChat(greedy);
        Ask("Hello, my name is Anna and I like tarts.");
        Ask("What is my name?");
        chat.Reset();
        string story = StoryWithQuestion(heldOut);
        chat.Read(story);
        output.WriteLine(Indented(story));
        Ask(QuestionAbout(heldOut, story));
        output.WriteLine();

        void Ask(string said) => output.WriteLine($"   you: {said}\n   it:  {string.Concat(chat.Say(said, cancel))}");
    }

    // The first held-out story that a question follows.
    private static string StoryWithQuestion(string heldOut)
    {
        foreach (string document in heldOut.Split("\n\n"))
        {
            int question = document.IndexOf("\n" + SampleGrammar.Prompt, StringComparison.Ordinal);
            if (question > 0 && !document.StartsWith(SampleGrammar.Prompt, StringComparison.Ordinal)) return document[..(question + 1)];
        }

        throw new InvalidDataException("the held-out sample text has no story with a question");
    }

    private static string QuestionAbout(string heldOut, string story)
    {
        int start = heldOut.IndexOf(story, StringComparison.Ordinal) + story.Length + SampleGrammar.Prompt.Length;
        return heldOut[start..heldOut.IndexOf(SampleGrammar.Answer, start, StringComparison.Ordinal)];
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

    private static ReadOnlyMemory<byte> Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    // Wrapped at 96 columns under an indent.
    private static string Indented(string text)
    {
        var lines = new List<string>();
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            string rest = line;
            while (rest.Length > 96)
            {
                int cut = rest.LastIndexOf(' ', 96);
                if (cut <= 0) cut = 96;
                lines.Add(rest[..cut]);
                rest = rest[cut..].TrimStart();
            }

            lines.Add(rest);
        }

        return "   │ " + string.Join("\n   │ ", lines) + "\n";
    }
}
