// A run that has come to its end, by steps, epochs or time, goes on for whatever is asked for, and says what to ask for.

using GruLM.Cli.Demo;
using GruLM.Training;

namespace GruLM.Tests.Cli;

public sealed class LongerRunTests : IDisposable
{
    private const string Sizes =
        "--vocab-size 330 --hidden-dim 16 --emb-dim 16 --num-layers 1 --batch-size 4 --bptt 16 --schedule constant --warmup-steps 0";

    private readonly string _root = Directory.CreateTempSubdirectory("grulm-longer-").FullName;
    private readonly string _text;
    private readonly string _model;

    public LongerRunTests()
    {
        (_text, _model) = (Path.Combine(_root, "text.txt"), Path.Combine(_root, "model"));
        File.WriteAllText(_text, SampleCorpus.Generate(5, 6_000));
    }

    private long Steps => Checkpoint.Find(_model + "/training")[0].Step;

    private RunPosition Position
    {
        get
        {
            using var run = TrainingRun.Resume(_model);
            return run.Run().Position;
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void One_that_time_ended_makes_the_epochs_that_are_asked_for()
    {
        Train("--minutes 0.005");
        long before = Steps;
        int perEpoch = StepsPerEpoch();
        int epochs = (int)(before / perEpoch) + 2;
        string said = Good($"train --resume {_model} --epochs {epochs}");
        Assert.Contains("continuing from", said, StringComparison.Ordinal);
        Assert.Equal((long)epochs * perEpoch, Steps);

        // It keeps to that when it is taken up again, and so does a repetition by its settings.
        Assert.Contains("nothing is left to do", Good($"train --resume {_model}"), StringComparison.Ordinal);
        Assert.Equal((long)epochs * perEpoch, SettingsFile.Read($"{_model}/training/settings.json").StepPlan[^1].TotalSteps);
    }

    [Fact]
    public void The_number_of_epochs_that_it_has_already_is_more_than_a_run_that_time_ended_has_made()
    {
        Train("--minutes 0.002 --epochs 5000");
        long before = Steps;
        Assert.Contains("nothing is left to do", Good($"train --resume {_model}"), StringComparison.Ordinal);
        using var run = TrainingRun.Resume(_model, settings => settings with { Epochs = 5000 });
        Assert.False(run.Plan.IsDone);
        Assert.True(run.Plan.TotalSteps > before, $"{run.Plan.TotalSteps} of {before}");
    }

    [Fact]
    public void One_that_was_ended_before_its_first_new_checkpoint_still_knows_what_was_asked_for()
    {
        Train("--minutes 0.005");
        int epochs = (int)(Steps / StepsPerEpoch()) + 3;
        using (var run = TrainingRun.Resume(_model, settings => settings with { Epochs = epochs }))
        using (var stop = new CancellationTokenSource())
        {
            stop.Cancel();
            Assert.False(run.Run(stop.Token).IsFinished);
        }

        Good($"train --resume {_model}");
        Assert.Equal((long)epochs * StepsPerEpoch(), Steps);
    }

    [Fact]
    public void More_steps_lift_the_limit_of_epochs_and_more_epochs_that_of_steps()
    {
        Train("--epochs 1");
        long epoch = Steps;
        Good($"train --resume {_model} --max-steps {epoch + 3}");
        Assert.Equal(epoch + 3, Steps);
        Good($"train --resume {_model} --epochs 2");
        Assert.Equal(2 * epoch, Steps);
    }

    [Fact]
    public void More_minutes_lift_a_limit_of_steps_and_one_of_the_epochs_that_end_with_them()
    {
        Train("--epochs 1 --max-steps 20");
        long before = Steps;
        Good($"train --resume {_model} --minutes 0.02");
        Assert.True(Steps > before, $"{Steps}");
        Assert.True(Position.Plan.Count > 0);
    }

    [Fact]
    public void Less_than_what_is_made_changes_nothing()
    {
        Train("--max-steps 5");
        string settings = File.ReadAllText($"{_model}/training/settings.json");
        string done = Good($"train --resume {_model} --max-steps 4");
        Assert.Contains("nothing is left to do: 5 steps are made, the run has", done, StringComparison.Ordinal);
        Assert.Contains("give more to go on, counted from the beginning of the run: --minutes (it took 0", done, StringComparison.Ordinal);
        Assert.Contains(", --epochs (it made 0", done, StringComparison.Ordinal);
        Assert.EndsWith(") or --max-steps\n", done, StringComparison.Ordinal);
        Assert.Contains("nothing is left to do", Good($"train --resume {_model} --minutes 0.000001"), StringComparison.Ordinal);
        Assert.Equal(settings, File.ReadAllText($"{_model}/training/settings.json"));
    }

    private int StepsPerEpoch()
    {
        using var run = TrainingRun.Resume(_model);
        return (int)run.Plan.StepsPerEpoch;
    }

    private void Train(string length) => Good($"train --data {_text} --out-dir {_model} {Sizes} {length}");

    private static string Good(string line)
    {
        (int code, string output, string error) = CommandsTests.Run(line.Split(' '));
        Assert.True(code == 0, $"{line}: {error}");
        return error + output;
    }
}
