// The command under Open MPI's launcher: two processes on this machine train one model, and what goes wrong in one ends both, with its
// name. Skipped where there is no mpirun; what the processes do is tested without it too (RanksModelTests.cs). Longer proofs, over two
// networks and with processes that are killed, are in tests/long/distributed.

using System.Diagnostics;
using System.Text;
using System.Text.Json;
using GruLM.Tests.Samples;

namespace GruLM.Tests.Distributed;

public sealed class MpirunTests : IDisposable
{
    private static readonly string[] s_small =
    [
        "--vocab-size", "320", "--hidden-dim", "24", "--emb-dim", "24", "--num-layers", "2", "--batch-size", "5", "--bptt", "16",
        "--log-interval", "3", "--precision", "fp32",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-mpi-").FullName;
    private readonly Dictionary<string, string> _environment = new()
    {
        ["OMPI_ALLOW_RUN_AS_ROOT"] = "1",
        ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1",
    };

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
    public async Task A_signal_to_the_launcher_stops_all_and_saves()
    {
        string run = Path.Combine(_folder, "run");
        string[] endless = ["--max-steps", "1000000", "--save-interval", "1000000", "--out-dir", run];
        string said = await Mpirun(130, ["-np", "2", .. Command(["train", "--data", Text(), .. s_small, .. endless])], stopAt: "step 3");
        Assert.Contains("--resume", said, StringComparison.Ordinal);
        int steps = Directory.GetDirectories(Path.Combine(run, "training"), "step-*").Max(StepOf);
        await Run(1, ["train", "--resume", run, "--max-steps", $"{steps + 1}"]);
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

    // Emulated: so the bound is not one machine's. What may differ is the order of a gradient's sum, and with it a weight's last digit of
    // bfloat16.
    [Fact]
    public async Task Products_may_be_in_bfloat16()
    {
        string[] train = ["train", "--data", Text(), "--max-steps", "12", .. s_small];
        await Run(1, [.. train, "--out-dir", Path.Combine(_folder, "fp32")]);
        _environment["GRULM_BF16"] = "emulated";
        string[] inBf16 = [.. train[..^1], "bf16"];
        await Run(1, [.. inBf16, "--out-dir", Path.Combine(_folder, "one")]);
        await Run(2, [.. inBf16, "--out-dir", Path.Combine(_folder, "two")]);
        double[] one = Losses("one"), two = Losses("two");
        Assert.NotEqual(Losses("fp32"), one);
        Assert.All(one.Zip(two), pair => Assert.Equal(pair.First, pair.Second, 1e-3));
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
    public async Task They_share_out_documents_and_lines_of_text()
    {
        string model = Path.Combine(_folder, "model"), text = Path.Combine(_folder, "documents.txt");
        await Run(1, ["train", "--data", Text(), "--max-steps", "4", "--out-dir", model, .. s_small]);

        // Several pieces, with lines that are empty, long or not UTF-8.
        string[] lines =
            [.. Enumerable.Range(0, 15_000).Select(i => i % 97 == 0 ? "" : string.Concat(Enumerable.Repeat($"clock {i} ", i % 9)))];
        File.WriteAllBytes(text, [.. Encoding.UTF8.GetBytes(string.Join('\n', lines)), (byte)'\n', 0xFF, (byte)'a']);
        string link = Path.Combine(_folder, "link.txt"), empty = Path.Combine(_folder, "empty.txt");
        File.CreateSymbolicLink(link, text);
        File.WriteAllText(empty, "");
        foreach (string[] words in (string[][])
            [
                ["tokenizer", "encode", "--model", model, empty, link],
                ["score", "--model", model, "--data", text, "--documents", "--weights", "int8"],
                ["score", "--model", model, "--data", text, "--documents", "--weights", "int8", "--max-bits", "9"],
                ["tokenizer", "encode", "--model", model, text],
                ["tokenizer", "encode", "--model", model, "--output-format", "json", text, Text()],
            ])
        {
            (string one, string oneSaid) = await Outputs(1, words);
            (string three, string threeSaid) = await Outputs(3, words);
            Assert.Equal(one, three);
            Assert.Equal(WithoutProgress(oneSaid), WithoutProgress(threeSaid));
            Assert.NotEmpty(one);
        }

        string file = Path.Combine(_folder, "ids.txt");
        await Run(2, ["tokenizer", "encode", "--model", model, text, "--output", file]);
        Assert.Equal((await Outputs(1, ["tokenizer", "encode", "--model", model, text])).Output, File.ReadAllText(file));
    }

    [Fact]
    public async Task Files_that_are_not_the_same_for_all_are_refused()
    {
        string model = Path.Combine(_folder, "model"), other = Path.Combine(_folder, "other"), text = Text();
        string changed = Path.Combine(_folder, "changed.txt");
        await Run(1, ["train", "--data", text, "--max-steps", "1", "--out-dir", model, .. s_small]);
        await Run(1, ["train", "--data", text, "--max-steps", "2", "--out-dir", other, .. s_small]);
        File.WriteAllText(changed, File.ReadAllText(text).Replace('o', 'u'));
        await Refused("finds under", ["tokenizer", "encode", "--model", model, text], ["tokenizer", "encode", "--model", model, changed]);
        await Refused(
            "model.safetensors a file of", ["score", "--model", model, "--data", text, "--documents"],
            ["score", "--model", other, "--data", text, "--documents"]);

        async Task Refused(string reason, string[] first, string[] second)
        {
            string said = await Mpirun(1, ["-np", "1", .. Command(first), ":", "-np", "1", .. Command(second)]);
            string line = Assert.Single(said.Split('\n'), line => line.StartsWith("grulm: ", StringComparison.Ordinal));
            Assert.Contains(reason, line, StringComparison.Ordinal);
            Assert.Contains("all must be the same", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_one_process_alone_can_do_is_refused()
    {
        string model = Path.Combine(_folder, "model");
        await Run(1, ["train", "--data", Text(), "--max-steps", "1", "--out-dir", model, .. s_small]);
        await Refused("share out --documents", ["score", "--model", model, "--data", Text()]);
        await Refused("standard input can be read by one process only", ["score", "--model", model, "--data", "-", "--documents"]);
        await Refused("standard input can be read by one process only", ["tokenizer", "encode", "--model", model]);
        await Refused("the work of one process", ["tokenizer", "encode", "--model", model, "--enable-sampling", Text()]);

        async Task Refused(string reason, string[] words)
        {
            string said = await Mpirun(2, ["-np", "2", .. Command(words)]);
            string line = Assert.Single(said.Split('\n'), line => line.StartsWith("grulm: ", StringComparison.Ordinal));
            Assert.Contains(reason, line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_comes_before_a_bad_record_is_written_and_a_pipe_is_refused()
    {
        string model = Path.Combine(_folder, "model"), records = Path.Combine(_folder, "records.jsonl");
        await Run(1, ["train", "--data", Text(), "--max-steps", "1", "--out-dir", model, .. s_small]);
        File.WriteAllLines(records, Enumerable.Range(0, 1200).Select(i => i == 1000 ? "{" : $"{{\"text\": \"clock {i}\"}}"));
        string said = await Mpirun(1, ["-np", "2", .. Command(["score", "--model", model, "--data", records, "--documents"])]);
        Assert.Equal(1000, said.Split('\n').Count(line => line.StartsWith("{\"index\":", StringComparison.Ordinal)));
        Assert.Single(said.Split('\n'), line => line.StartsWith("grulm: ", StringComparison.Ordinal));

        string pipe = await Mpirun(1, ["-np", "2", .. Command(["tokenizer", "encode", "--model", model, "/dev/stdin"])]);
        Assert.Contains("/dev/stdin: is a pipe or a device", pipe, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_another_process_has_failed_is_said()
    {
        string model = Path.Combine(_folder, "model");
        await Run(1, ["train", "--data", Text(), "--max-steps", "1", "--out-dir", model, .. s_small]);
        string[] first = ["-np", "1", .. Command(["score", "--model", model, "--data", Text(), "--documents"])];
        string[] other = ["--data-format", "csv", "--column", "none"];
        string[] second = ["-np", "1", .. Command(["score", "--model", model, "--data", Text(), "--documents", .. other])];
        string said = await Mpirun(1, [.. first, ":", .. second]);
        Assert.Contains($"grulm: rank 1 of 2 (on {Environment.MachineName}): {Text()}: has no column", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_line_is_named_by_its_place_in_the_file()
    {
        string model = Path.Combine(_folder, "model"), text = Path.Combine(_folder, "lines.jsonl");
        await Run(1, ["train", "--data", Text(), "--max-steps", "1", "--out-dir", model, .. s_small]);
        File.WriteAllLines(text, Enumerable.Range(0, 250_000).Select(i => i == 240_000 ? "no record" : $"{{\"text\": \"clock {i}\"}}"));
        string said = await Mpirun(1, ["-np", "2", .. Command(["tokenizer", "encode", "--model", model, "--input-format", "jsonl", text])]);
        Assert.Contains($"{text}, line 240001:", said, StringComparison.Ordinal);
        Assert.Equal(240_000, said.Split('\n').Count(line => line.Length > 0 && line.All(c => c == ' ' || char.IsAsciiDigit(c))));
    }

    [Fact]
    public async Task Their_training_is_measured_beside_that_of_one()
    {
        string[] small = ["--hidden-dim", "16", "--vocab-size", "300", "--batch-size", "4", "--bptt", "8", "--steps", "3"];
        (string json, string _) = await Outputs(2, ["bench", "train", .. small, "--json"]);
        JsonElement step = JsonDocument.Parse(json).RootElement;
        Assert.Equal(2, step.GetProperty("processes").GetInt32());
        Assert.Equal(1, step.GetProperty("machines").GetInt32());
        double ms = step.GetProperty("median_ms").GetDouble(), speed = step.GetProperty("tokens_per_s").GetDouble();
        Assert.Equal(4 * 8, speed * ms / 1e3, 0.5);
        foreach (string figure in (string[])["alone_ms", "apart_ms", "speedup", "predicted_ms", "link_gbit_per_s", "link_latency_us"])
        {
            Assert.True(step.GetProperty(figure).GetDouble() > 0, figure);
        }

        (string lines, string _) = await Outputs(2, ["bench", "train", .. small, "--wire", "bf16"]);
        Assert.Contains("in 2 processes with", lines, StringComparison.Ordinal);
        Assert.Contains("predicted from these:", lines, StringComparison.Ordinal);
        string said = await Mpirun(2, ["-np", "3", .. Command(["bench", "train", "--batch-size", "2"])]);
        Assert.Contains("--batch-size is 2, which are too few lanes for 3 processes", said, StringComparison.Ordinal);
    }

    // No process can tell another, so that each says it.
    [Theory]
    [InlineData("/nowhere/libmpi.so", "library was not found (looked for /nowhere/libmpi.so)")]
    [InlineData("libm.so.6", "libm.so.6: is not a library of MPI 3")]
    public async Task Another_library_is_named(string library, string reason)
    {
        string[] train = ["train", "--data", Text(), "--max-steps", "1", "--out-dir", Path.Combine(_folder, "x"), .. s_small];
        string said = await Mpirun(1, ["-np", "2", "-x", $"GRULM_MPI={library}", .. Command(train)]);
        Assert.Contains(reason, said, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "x")), "nothing is left behind");
    }

    [Fact]
    public async Task What_is_wrong_with_the_line_is_said_once()
    {
        string said = await Mpirun(2, ["-np", "2", .. Command(["train", "--data", Text(), "--out-dir", "x", "--lrr", "1"])]);
        Assert.Single(said.Split('\n'), line => line.Contains("unknown option --lrr", StringComparison.Ordinal));
    }

    // How often progress is told is up to the machine.
    private static IEnumerable<string> WithoutProgress(string said) =>
        said.Split('\n').Where(line => !line.EndsWith("tokens/s", StringComparison.Ordinal));

    private static IEnumerable<string> Command(IEnumerable<string> words) =>
        [SampleProgram.Host, Path.Combine(AppContext.BaseDirectory, "GruLM.Cli.dll"), .. words];

    private static int StepOf(string folder) => int.Parse(Path.GetFileName(folder).AsSpan("step-".Length));

    private async Task<string> Run(int processes, string[] words)
    {
        (string output, string error) = await Outputs(processes, words);
        return output + error;
    }

    // One process is started without a launcher.
    private async Task<(string Output, string Error)> Outputs(int processes, string[] words)
    {
        IEnumerable<string> command = Command(words);
        if (processes > 1) return await UnderMpirun(0, ["-np", $"{processes}", .. command]);
        return await Start(command.First(), command.Skip(1), 0);
    }

    private async Task<string> Mpirun(int code, IEnumerable<string> words, string? stopAt = null)
    {
        (string output, string error) = await UnderMpirun(code, words, stopAt);
        return output + error;
    }

    private async Task<(string Output, string Error)> UnderMpirun(int code, IEnumerable<string> words, string? stopAt = null)
    {
        string? mpirun = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "mpirun")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(mpirun is null, "needs mpirun, Open MPI's launcher");
        return await Start(mpirun, ["--oversubscribe", "--bind-to", "none", .. words], code, stopAt);
    }

    // Sends SIGUSR1 once a message with stopAt has come.
    private async Task<(string Output, string Error)> Start(string program, IEnumerable<string> words, int code, string? stopAt = null)
    {
        var start = new ProcessStartInfo(program, words)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            WorkingDirectory = _folder,
        };
        foreach ((string name, string value) in _environment) start.Environment[name] = value;
        CancellationToken cancel = TestContext.Current.CancellationToken;
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancel);
        string first = "";
        while (stopAt is not null && !first.Contains(stopAt, StringComparison.Ordinal))
        {
            first += await process.StandardError.ReadLineAsync(cancel) ?? throw new InvalidOperationException($"it ended: {first}");
        }

        if (stopAt is not null) Process.Start("sh", ["-c", $"kill -USR1 {process.Id}"]).Dispose();
        string[] said = await Task.WhenAll(output, process.StandardError.ReadToEndAsync(cancel));
        await process.WaitForExitAsync(cancel);
        Assert.True(process.ExitCode == code, $"exit code {process.ExitCode}:\n{string.Concat(said)}");
        return (said[0], said[1]);
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
