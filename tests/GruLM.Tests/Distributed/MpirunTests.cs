// The command under Open MPI's launcher: two processes on this machine train one model, and what goes wrong in one ends both, with its
// name. Skipped where there is no mpirun; what the processes do is tested without it too (RanksModelTests.cs). Longer proofs, over two
// networks and with processes that are killed, are in tests/long/distributed.

using System.Diagnostics;
using System.Text.Json;
using GruLM.Tests.Samples;

namespace GruLM.Tests.Distributed;

public sealed class MpirunTests : IDisposable
{
    private static readonly string[] s_small =
    [
        "--vocab-size", "320", "--hidden-dim", "24", "--emb-dim", "24", "--num-layers", "2", "--batch-size", "5", "--bptt", "16",
        "--log-interval", "3",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-mpi-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Two_processes_train_as_one_does_and_go_on_with_three()
    {
        string[] train = ["train", "--data", Text(), "--max-steps", "12", .. s_small];
        await Run(1, [.. train, "--out-dir", Path.Combine(_folder, "one")]);
        string said = await Run(2, [.. train, "--out-dir", Path.Combine(_folder, "two"), "--save-interval", "5"]);
        Assert.Contains("in 2 processes", said, StringComparison.Ordinal);
        Assert.Single(said.Split('\n'), line => line.StartsWith("best held-out figures", StringComparison.Ordinal));
        double[] one = Losses("one"), two = Losses("two");
        Assert.Equal(one.Length, two.Length);
        Assert.All(one.Zip(two), pair => Assert.Equal(pair.First, pair.Second, 1e-5));

        await Run(1, ["train", "--resume", Path.Combine(_folder, "one"), "--max-steps", "18"]);
        await Run(3, ["train", "--resume", Path.Combine(_folder, "two"), "--max-steps", "18"]);
        Assert.All(Losses("one").Zip(Losses("two")), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Assert.Equal(18, Directory.GetDirectories(Path.Combine(_folder, "two", "training"), "step-*").Max(StepOf));
    }

    [Fact]
    public async Task Gradients_may_travel_in_bfloat16()
    {
        string[] train = ["train", "--data", Text(), "--max-steps", "12", .. s_small];
        await Run(1, [.. train, "--out-dir", Path.Combine(_folder, "one")]);
        await Run(3, [.. train, "--out-dir", Path.Combine(_folder, "three"), "--wire", "bf16"]);
        double[] one = Losses("one"), three = Losses("three");
        Assert.NotEqual(one, three);
        Assert.All(one.Zip(three), pair => Assert.Equal(pair.First, pair.Second, 0.02 * pair.First));
    }

    [Fact]
    public async Task Answers_are_counted_at_the_end_by_one_of_them()
    {
        string talks = Path.Combine(_folder, "talks.txt");
        File.WriteAllLines(talks, Enumerable.Range(0, 300).Select(i => $"<prompt> {i % 20} and {i % 7}? <ai> {(i % 20) + (i % 7)}<end>"));
        string[] train = ["train", "--data", talks, "--samples", "lines", "--max-steps", "8", "--eval-interval", "4", .. s_small];
        string said = await Run(2, [.. train, "--lr", "2", "--schedule", "constant", "--out-dir", Path.Combine(_folder, "talker")]);
        Assert.Contains("best held-out figures, at step", said, StringComparison.Ordinal);

        // Such a rate breaks the model, so that the last one is not the best: both are looked at.
        Assert.DoesNotContain("at step 8 of 8", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--lr 0.01", "was told --lr 0.01, and rank 0 nothing of --lr")]
    [InlineData("--threads 2", null)]
    public async Task A_process_that_was_told_something_else_is_refused_by_its_name(string other, string? refusal)
    {
        string[] train = ["train", "--data", Text(), "--max-steps", "2", "--out-dir", Path.Combine(_folder, "x"), .. s_small];
        string[] first = ["-np", "1", .. Command(train)], second = ["-np", "1", .. Command([.. train, .. other.Split(' ')])];
        string said = await Mpirun(refusal is null ? 0 : 1, [.. first, ":", .. second]);
        if (refusal is null) return;
        Assert.Contains($"grulm: rank 1 of 2 (on {Environment.MachineName}) {refusal}", said, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "x")), "nothing is left behind");
    }

    [Fact]
    public async Task A_process_that_reads_another_text_or_none_is_refused_by_its_name()
    {
        foreach (string name in (string[])["a", "b", "c"]) Directory.CreateDirectory(Path.Combine(_folder, name));
        File.Copy(Text(), Path.Combine(_folder, "a", "text.txt"));
        string changed = File.ReadAllText(Text()).Replace("clock", "block", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "b", "text.txt"), changed);
        string[] train = [.. Command(["train", "--data", "text.txt", "--out-dir", Path.Combine(_folder, "x"), .. s_small])];
        string other = await Mpirun(1, [.. In("a"), .. train, ":", .. In("b"), .. train]);
        Assert.Contains($"rank 1 of 2 (on {Environment.MachineName}) reads another training text", other, StringComparison.Ordinal);
        string none = await Mpirun(1, [.. In("a"), .. train, ":", .. In("c"), .. train]);
        Assert.Contains("rank 1 of 2", none, StringComparison.Ordinal);
        Assert.Contains("text.txt: there is no such file", none, StringComparison.Ordinal);

        string[] In(string name) => ["-np", "1", "-wdir", Path.Combine(_folder, name)];
    }

    [Fact]
    public async Task What_is_wrong_with_the_line_is_said_once()
    {
        string said = await Mpirun(2, ["-np", "2", .. Command(["train", "--data", Text(), "--out-dir", "x", "--lrr", "1"])]);
        Assert.Single(said.Split('\n'), line => line.Contains("unknown option --lrr", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Command(IEnumerable<string> words) =>
        [SampleProgram.Host, Path.Combine(AppContext.BaseDirectory, "GruLM.Cli.dll"), .. words];

    private static int StepOf(string folder) => int.Parse(Path.GetFileName(folder).AsSpan("step-".Length));

    // One process is started without a launcher.
    private async Task<string> Run(int processes, string[] words)
    {
        IEnumerable<string> command = Command(words);
        if (processes > 1) return await Mpirun(0, ["-np", $"{processes}", .. command]);
        return await Start(command.First(), command.Skip(1), 0);
    }

    private async Task<string> Mpirun(int code, IEnumerable<string> words)
    {
        string? mpirun = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "mpirun")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(mpirun is null, "needs mpirun, Open MPI's launcher");
        return await Start(mpirun, ["--oversubscribe", "--bind-to", "none", .. words], code);
    }

    private async Task<string> Start(string program, IEnumerable<string> words, int code)
    {
        var start = new ProcessStartInfo(program, words)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            WorkingDirectory = _folder,
        };
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1";
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        CancellationToken cancel = TestContext.Current.CancellationToken;
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        string[] said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
        await process.WaitForExitAsync(cancel);
        string all = string.Concat(said);
        Assert.True(process.ExitCode == code, $"exit code {process.ExitCode}:\n{all}");
        return all;
    }

    private string Text()
    {
        string path = Path.Combine(_folder, "text.txt");
        if (!File.Exists(path))
        {
            string[] ages = ["old", "young", "new"];
            File.WriteAllLines(path, Enumerable.Range(0, 400).Select(i => $"The {ages[i % 3]} clock strikes {(i % 12) + 1}."));
        }

        return path;
    }

    private double[] Losses(string run) =>
    [
        .. File.ReadLines(Path.Combine(_folder, run, "training", "metrics.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Select(step => step.TryGetProperty("train_nll", out JsonElement nll) ? nll : step.GetProperty("val_nll"))
            .Select(nll => nll.GetDouble()),
    ];
}
