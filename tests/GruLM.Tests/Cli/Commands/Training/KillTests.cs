// Training processes killed outright, at random instants and inside a save, and resumed until they are done: every resume works, no more
// than the steps since the last checkpoint is lost, and the model is that of a run never stopped, bit for bit.
// A run of minutes goes on with the time that is left of them. A few kills by default; twenty with GRULM_TESTS=full (tests/long/kills.sh).

using System.Diagnostics;
using System.Text.Json;
using GruLM.Cli.Demo;
using GruLM.Formats;
using GruLM.Training;

namespace GruLM.Tests.Cli;

public sealed class KillTests : IDisposable
{
    private const int SaveInterval = 10;
    private static readonly int s_kills = Environment.GetEnvironmentVariable("GRULM_TESTS") == "full" ? 20 : 4;
    private readonly string _root = Directory.CreateTempSubdirectory("grulm-kill-").FullName;
    private readonly Random _random = new(20);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Killed_again_and_again_a_run_ends_with_the_bits_of_one_that_never_was()
    {
        string text = Path.Combine(_root, "text.txt"), whole = Path.Combine(_root, "whole"), killed = Path.Combine(_root, "killed");
        File.WriteAllText(text, SampleCorpus.Generate(5, 30_000));
        string flags = $"--data {text} --vocab-size 320 --hidden-dim 64 --emb-dim 64 --num-layers 2 --dropout 0.1 --batch-size 4 --bptt 16"
            + " --lr 0.01 --epochs 6 --log-interval 1 --eval-interval 35 --eval-tokens 200"
            + $" --save-interval {SaveInterval} --threads 1";
        (int code, string _, string? error) = CommandsTests.Run($"train --out-dir {whole} {flags}".Split(' '));
        Assert.True(code == 0, error);

        int insideSaves = 0;
        for (int kill = 0; kill < s_kills; kill++)
        {
            bool begun = File.Exists(Path.Combine(killed, "training", "settings.json"));
            using Process process = Start(begun ? $"train --resume {killed} --threads 1" : $"train --out-dir {killed} {flags}");
            WaitForTheMoment(process, killed, insideSave: kill % 2 == 1);
            if (process.HasExited) Assert.Fail("the run is too short for so many kills: " + process.StandardError.ReadToEnd());
            process.Kill();
            process.WaitForExit();
            if (IsSaving(killed)) insideSaves++;
            AssertLittleIsLost(killed);
        }

        Assert.True(insideSaves > 0, "no kill met a save");

        Finish($"train --resume {killed} --threads 1");
        ResumeTests.AssertSame(whole, killed);
        Assert.Equal(WithoutTime(whole), WithoutTime(killed));
    }

    [Fact]
    public void A_run_of_minutes_goes_on_with_the_time_that_is_left()
    {
        string text = Path.Combine(_root, "text.txt"), model = Path.Combine(_root, "model");
        string settings = Path.Combine(model, "training", "settings.json");
        File.WriteAllText(text, SampleCorpus.Generate(5, 30_000));
        string flags = "--vocab-size 320 --hidden-dim 32 --emb-dim 32 --num-layers 1 --batch-size 4 --bptt 16 --epochs 1000"
            + " --minutes 0.1 --log-interval 1 --eval-tokens 200 --save-interval 5 --threads 1";
        KillWhen($"train --data {text} --out-dir {model} {flags}", () => File.Exists(settings));
        KillWhen($"train --resume {model} --threads 1", () => Checkpoint.Find(model + "/training").Count > 0);
        using (var told = JsonDocument.Parse(File.ReadAllText(settings)))
        {
            Assert.Equal(0.1, told.RootElement.GetProperty("minutes").GetDouble());
        }

        var clock = Stopwatch.StartNew();
        string messages = Finish($"train --resume {model} --threads 1");
        Assert.True(clock.Elapsed.TotalSeconds < 30, $"{clock.Elapsed} for what was left of six seconds");
        Assert.Contains("continuing from", messages, StringComparison.Ordinal);

        // What time decided is written down now.
        string decided = File.ReadAllText(settings);
        using (var told = JsonDocument.Parse(decided))
        {
            Assert.False(told.RootElement.TryGetProperty("minutes", out _));
            IReadOnlyList<PlannedSteps> plan = StepPlan.Parse(told.RootElement.GetProperty("step-plan").GetString()!);
            Assert.Equal(Checkpoint.Find(model + "/training")[0].Step, plan[^1].TotalSteps);
        }

        Assert.Contains("nothing is left to do", Finish($"train --resume {model} --threads 1"), StringComparison.Ordinal);
        Assert.Equal(decided, File.ReadAllText(settings));

        // A run that was stopped twice makes the same steps again in one.
        Finish($"train --config {settings} --out-dir {_root}/again --threads 1");
        ResumeTests.AssertSame(model, Path.Combine(_root, "again"));
    }

    private static void KillWhen(string line, Func<bool> moment)
    {
        using Process process = Start(line);
        var clock = Stopwatch.StartNew();
        while (!moment() && !process.HasExited && clock.Elapsed.TotalSeconds < 60) Thread.Sleep(1);
        Assert.False(process.HasExited, process.HasExited ? process.StandardError.ReadToEnd() : "");
        process.Kill();
        process.WaitForExit();
    }

    private static string Finish(string line)
    {
        using Process process = Start(line);
        string messages = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, messages);
        return messages;
    }

    private static Process Start(string line)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "GruLM.Cli.dll");
        string host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        return Process.Start(new ProcessStartInfo(host, [program, .. line.Split(' ')]) { RedirectStandardError = true })!;
    }

    // Random instants fall into the start as well. For a save: the moment at which an unfinished checkpoint is seen, and a little more.
    private void WaitForTheMoment(Process process, string model, bool insideSave)
    {
        var clock = Stopwatch.StartNew();
        if (!insideSave)
        {
            Thread.Sleep(_random.Next(100, 1500));
            return;
        }

        while (!process.HasExited && clock.Elapsed.TotalSeconds < 60)
        {
            if (!IsSaving(model)) continue;
            Thread.SpinWait(_random.Next(0, 200_000));
            return;
        }
    }

    private static bool IsSaving(string model)
    {
        string training = Path.Combine(model, "training");
        return Directory.Exists(training) && Directory.EnumerateDirectories(training, "*.partial").Any();
    }

    private static void AssertLittleIsLost(string model)
    {
        string metrics = Path.Combine(model, "training", "metrics.jsonl");
        if (!File.Exists(metrics)) return;

        // The last line may be cut short.
        long reached = File.ReadAllText(metrics).Split('\n')[..^1]
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("step").GetInt64()).LastOrDefault();
        IReadOnlyList<(long Step, string Folder)> whole = Checkpoint.Find(model + "/training");
        Assert.All(whole, c => Assert.Null(FolderChecksums.Check(c.Folder)));
        long saved = whole.Count == 0 ? 0 : whole[0].Step;
        Assert.True(reached - saved <= SaveInterval, $"step {reached} was reached, step {saved} is saved");
    }

    private static List<string> WithoutTime(string model) =>
    [
        .. ResumeTests.Lines(model).Select(line => string.Join(' ', line.EnumerateObject()
            .Where(p => p.Name is not ("seconds" or "tokens_per_s")).Select(p => $"{p.Name} {p.Value.GetRawText()}"))),
    ];
}
