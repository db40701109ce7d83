// grulm train: flags become settings, the library trains, and what happens is shown. Which flags there are, TrainFlags says.

using GruLM.Distributed;
using GruLM.Training;

namespace GruLM.Cli.Commands;

internal static class TrainCommand
{
    public const string Name = "train";

    private const string Description = "Train a tokenizer and a GRU language model on text.";

    private static readonly string[] s_examples =
    [
        "grulm train --data book.txt --out-dir model",
        "grulm train --resume model",
        "grulm train --data talks.txt --samples lines --hidden-dim 512 --epochs 20 --out-dir talker",
    ];

    /// <summary>The command; without its flags it can only be listed.</summary>
    public static GrulmCommand Create(bool withFlags)
    {
        if (!withFlags) return new GrulmCommand(Name, Description, s_examples);
        var train = new TrainFlags();
        return new GrulmCommand(
            Name, Description, s_examples, train.Sections.SelectMany(section => section.Flags),
            (flags, session) => Run(train.Read(flags), session))
        {
            Sections = train.Sections,
        };
    }

    private static int Run(TrainCall call, Session session)
    {
        // What is measured is one process.
        if (call.IsDryRun && Launcher.Rank > 0) return ExitCode.Done;
        if (Launcher.CountApart is { } apart)
        {
            session.Error.WriteLine(
                $"note: srun started {apart} processes that know nothing of each other; for one run of all of them say srun --mpi=pmix "
                + "(Open MPI) or --mpi=pmi2 (MPICH)");
        }

        var display = new RunDisplay(session.Error, session.ErrorIsTerminal);
        if (call.ResumedFolder is null && call.IsDryRun)
        {
            display.WriteEstimate(TrainingRun.DryRun(Settings(call), display, session.Input, session.Stop));
            return ExitCode.Done;
        }

        bool watches = call.Watch is not null && Launcher.Rank is null or 0;
        using var watched = WatchedRun.Begin(watches ? call.Watch : null, call.ResumedFolder ?? call.OutDir!, display, session);
        using TrainingRun run = Begin(call, watched?.Observer ?? display, session);
        return Train(run, display, session, outcome => watched?.End(outcome));
    }

    private static TrainingRun Begin(TrainCall call, IRunObserver observer, Session session) => call.ResumedFolder is { } folder
        ? TrainingRun.Resume(folder, call.Given.On, observer, session.Input, session.Stop)
        : TrainingRun.Start(Settings(call), observer, session.Input, session.Stop);

    // On top of the recipe that was named; where nothing was said that recipes decide, one is chosen by text, machine and time.
    private static TrainingSettings Settings(TrainCall call)
    {
        Recipe? named = call.Preset is { } name ? Recipes.Named(name) : null;
        TrainingSettings settings = named is null ? call.Given.On(new TrainingSettings()) : call.Given.On(named);
        return settings with
        {
            OutDir = call.OutDir!,
            Overwrite = call.Overwrite,
            ChooseRecipe = named is null && call.Given.LeavesRecipeOpen,
        };
    }

    private static int Train(TrainingRun run, RunDisplay display, Session session, Action<RunOutcome> ended)
    {
        display.WriteStart(run.Plan, isResumed: run.IsResumed);
        RunOutcome outcome;
        using IDisposable saving = session.Deadline.Hold();
        try
        {
            outcome = run.Run(session.Stop);
        }
        finally
        {
            display.Finish();
        }

        ended(outcome);
        if (run.Plan.IsDone) return ExitCode.Done;
        EvaluationResult? whole = outcome.IsFinished ? run.EvaluateWhole(session.Stop) : null;
        display.WriteEnd(outcome, run.Plan, run.Settings, whole);
        return outcome.IsFinished ? ExitCode.Done : ExitCode.Stopped;
    }
}
