// Training processes killed outright, at random instants and inside a save, and resumed until they are done: every resume works, no more
// than the steps since the last checkpoint is lost, and the model is that of a run never stopped, bit for bit.
// A few kills by default; twenty with GRULM_TESTS=full.

using System.Diagnostics;
using GruLM.Cli.Demo;
using GruLM.Formats;
using GruLM.Training;

namespace GruLM.Tests.Cli;

public sealed class KillTests : IDisposable
{
    private const int SaveInterval = 10;
    private static readonly int Kills = Environment.GetEnvironmentVariable("GRULM_TESTS") == "full" ? 20 : 4;
    private readonly string root = Directory.CreateTempSubdirectory("grulm-kill-").FullName;
    private readonly Random random = new(20);

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void Killed_again_and_again_a_run_ends_with_the_bits_of_one_that_never_was()
    {
        string text = Path.Combine(root, "text.txt"), whole = Path.Combine(root, "whole"), killed = Path.Combine(root, "killed");
        File.WriteAllText(text, SampleCorpus.Generate(5, 30_000));
        string flags = $"--data {text} --vocab-size 320 --hidden-dim 64 --emb-dim 64 --num-layers 2 --dropout 0.1 --batch-size 4 --bptt 16 --lr 0.01 --epochs 6 --log-interval 1 --eval-interval 35 --eval-tokens 200 --save-interval {SaveInterval} --threads 1";
        var (code, _, error) = CommandsTests.Run($"train --out-dir {whole} {flags}".Split(' '));
        Assert.True(code == 0, error);

        int insideSaves = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            bool begun = File.Exists(Path.Combine(killed, "training", "settings.json"));
            using var process = Start(begun ? $"train --resume {killed} --threads 1" : $"train --out-dir {killed} {flags}");
            WaitForTheMoment(process, killed, insideSave: kill % 2 == 1);
            Assert.False(process.HasExited, "the run is too short for so many kills: " + (process.HasExited ? process.StandardError.ReadToEnd() : ""));
            process.Kill();
            process.WaitForExit();
            if (Directory.Exists(Path.Combine(killed, "training")) && Directory.EnumerateDirectories(Path.Combine(killed, "training"), "*.partial").Any()) insideSaves++;
            AssertLittleIsLost(killed);
        }

        Assert.True(insideSaves > 0, "no kill met a save");

        using var last = Start($"train --resume {killed} --threads 1");
        string messages = last.StandardError.ReadToEnd();
        last.WaitForExit();
        Assert.True(last.ExitCode == 0, messages);
        ResumeTests.AssertSame(whole, killed);
        Assert.Equal(WithoutTime(whole), WithoutTime(killed));
    }

    private static Process Start(string line)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "GruLM.Cli.dll");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet") { RedirectStandardError = true };
        start.ArgumentList.Add(program);
        foreach (string word in line.Split(' ')) start.ArgumentList.Add(word);
        return Process.Start(start)!;
    }

    // Random instants fall into the start as well. For a save: the moment at which an unfinished checkpoint is seen, and a little more.
    private void WaitForTheMoment(Process process, string model, bool insideSave)
    {
        var clock = Stopwatch.StartNew();
        if (!insideSave)
        {
            Thread.Sleep(random.Next(100, 1500));
            return;
        }

        string training = Path.Combine(model, "training");
        while (!process.HasExited && clock.Elapsed.TotalSeconds < 60)
        {
            if (!Directory.Exists(training) || !Directory.EnumerateDirectories(training, "*.partial").Any()) continue;
            Thread.SpinWait(random.Next(0, 200_000));
            return;
        }
    }

    private static void AssertLittleIsLost(string model)
    {
        string metrics = Path.Combine(model, "training", "metrics.jsonl");
        if (!File.Exists(metrics)) return;

        // The last line may be cut short.
        long reached = File.ReadAllText(metrics).Split('\n')[..^1].Select(l => System.Text.Json.JsonDocument.Parse(l).RootElement.GetProperty("step").GetInt64()).LastOrDefault();
        var whole = Checkpoint.Find(model);
        Assert.All(whole, c => Assert.Null(FolderChecksums.Check(c.Folder)));
        long saved = whole.Count == 0 ? 0 : whole[0].Step;
        Assert.True(reached - saved <= SaveInterval, $"step {reached} was reached, step {saved} is saved");
    }

    private static List<string> WithoutTime(string model) =>
    [
        .. ResumeTests.Lines(model).Select(l => string.Join(' ', l.EnumerateObject().Where(p => p.Name is not ("seconds" or "tokens_per_s")).Select(p => $"{p.Name} {p.Value.GetRawText()}"))),
    ];
}
