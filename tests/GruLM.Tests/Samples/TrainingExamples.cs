// What docs/library.md shows of training, a method for each block of code: the lines there are these, and ReadmeTests
// compares them. Each runs in a folder that holds book.txt and other.txt, and writes the model "book".

using GruLM.Training;

namespace GruLM.Tests.Samples;

internal static class TrainingExamples
{
    private static TrainingSettings Short { get; } = ReadmeTests.Short with { Data = ["book.txt"], OutDir = "book" };

    public static void ByRecipe()
    {
        TrainingSettings settings = Recipes.Small.Settings with { Data = ["book.txt"], OutDir = "book" };
        using var run = TrainingRun.Start(settings);
        RunOutcome outcome = run.Run();
        Console.WriteLine($"{outcome.Position.Step} steps, at best {outcome.Position.Best?.BitsPerByte:F3} bits a byte");
    }

    public static void ForMinutes()
    {
        var settings = new TrainingSettings { Data = ["book.txt"], OutDir = "book", ChooseRecipe = true, Minutes = 2 };
        using var run = TrainingRun.Start(settings);
        run.Run();
    }

    public static void StoppedAndTakenUp()
    {
        TrainingSettings settings = Short;
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            stop.Cancel();
        };
        using (var run = TrainingRun.Start(settings, cancel: stop.Token))
        {
            RunOutcome outcome = run.Run(stop.Token);
            Console.WriteLine(outcome.IsFinished ? "done" : "stopped, and saved");
        }

        using (var run = TrainingRun.Resume("book", before => before with { Epochs = 20 }))
        {
            run.Run();
        }
    }

    public static void Estimated()
    {
        TrainingSettings settings = Short;
        RunEstimate estimate = TrainingRun.DryRun(settings);
        Console.WriteLine($"{estimate.Plan.TotalSteps} steps would take {estimate.Seconds:F0} seconds");
    }

    public static void Watched()
    {
        TrainingSettings settings = Short;
        using var run = TrainingRun.Start(settings, new ConsoleObserver());
        run.Run();
    }

    internal sealed class ConsoleObserver : IRunObserver
    {
        public void OnSteps(StepReport report) => Console.WriteLine($"step {report.Step}: {report.TrainNll:F3} nats");

        public void OnEvaluation(EvaluationReport report) =>
            Console.WriteLine($"held out: {report.Result.BitsPerByte:F3} bits a byte");
    }
}
