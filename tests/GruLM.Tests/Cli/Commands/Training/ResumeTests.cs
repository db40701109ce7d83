// Resuming as a person meets it: stopped, extended, refused, damaged, started from another model. KillTests.cs ends processes for good.

using System.Text.Json;
using GruLM.Cli.Demo;
using GruLM.Formats;
using GruLM.Training;

namespace GruLM.Tests.Cli;

public sealed class ResumeTests : IDisposable
{
    private const string SizesWithoutWarmup = "--vocab-size 320 --hidden-dim 24 --emb-dim 24 --num-layers 2 --dropout 0.1"
        + " --batch-size 4 --bptt 16 --lr 0.01 --log-interval 3";
    private const string Sizes = SizesWithoutWarmup + " --warmup-steps 4";
    private readonly string _root = Directory.CreateTempSubdirectory("grulm-resume-").FullName;
    private readonly string _text;

    public ResumeTests()
    {
        _text = Path.Combine(_root, "text.txt");
        File.WriteAllText(_text, SampleCorpus.Generate(5, 8_000));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("--samples stream")]
    [InlineData("--samples lines")]
    [InlineData("--optimizer sgd --momentum 0.8 --random-bptt --fresh-every 4")]
    [InlineData("--optimizer muon --muon-every 3")]
    public void A_run_stopped_early_and_extended_ends_like_one_that_was_longer_from_the_start(string what)
    {
        // A rate that does not depend on the length of the run.
        string options = SizesWithoutWarmup + $" --warmup-steps 0 {what} --schedule constant --eval-interval 7 --save-interval 5";
        string whole = Train("whole", $"{options} --max-steps 41"), parts = Train("parts", $"{options} --max-steps 17");
        Good($"train --resume {parts} --max-steps 30 --threads 1 --log-interval 3");
        string last = Good($"train --resume {parts} --max-steps 41");
        Assert.Contains("continuing from", last, StringComparison.Ordinal);
        AssertSame(whole, parts);
        Assert.Equal(Figures(whole, 41), Figures(parts, 41));

        string done = Good($"train --resume {parts}");
        Assert.Contains("nothing is left to do", done, StringComparison.Ordinal);
        AssertSame(whole, parts);
    }

    [Fact]
    public void Damaged_checkpoints_are_passed_over_with_a_notice()
    {
        string whole = Train("whole", $"{Sizes} --max-steps 20 --save-interval 5 --keep 3"), damaged = Path.Combine(_root, "damaged");
        Copy(whole, damaged);
        IReadOnlyList<(long Step, string Folder)> checkpoints = Checkpoint.Find(damaged + "/training");
        Assert.Equal([20, 15, 10], checkpoints.Select(c => c.Step));
        using (FileStream file = File.OpenWrite(Path.Combine(checkpoints[0].Folder, "model.safetensors")))
        {
            file.Position = file.Length - 5;
            file.WriteByte(0x55);
        }

        using (FileStream file = File.OpenWrite(Path.Combine(checkpoints[1].Folder, "training.safetensors")))
        {
            file.SetLength(file.Length / 2);
        }

        string messages = Good($"train --resume {damaged}");
        Assert.Contains("step-20 is damaged (model.safetensors is not as it was written)", messages, StringComparison.Ordinal);
        Assert.Contains("step-15 is damaged", messages, StringComparison.Ordinal);
        Assert.Contains($"continuing from {checkpoints[2].Folder}", messages, StringComparison.Ordinal);
        AssertSame(whole, damaged);
        Assert.All(Checkpoint.Find(damaged + "/training"), c => Assert.Null(FolderChecksums.Check(c.Folder)));

        foreach ((long _, string? folder) in Checkpoint.Find(damaged + "/training")) File.Delete(Path.Combine(folder, "position.json"));
        Bad($"train --resume {damaged}", 1, "none of its checkpoints is whole");
    }

    [Fact]
    public void Without_a_checkpoint_it_starts_over_with_the_recorded_settings_and_the_tokenizer_that_is_there()
    {
        string whole = Train("whole", $"{Sizes} --max-steps 8"), begun = Path.Combine(_root, "begun");
        Copy(whole, begun);
        foreach (string name in (string[])["model.safetensors", "config.json", "generation_config.json", "training/metrics.jsonl"])
        {
            File.Delete(Path.Combine(begun, name));
        }

        foreach ((long _, string? folder) in Checkpoint.Find(begun + "/training")) Directory.Delete(folder, recursive: true);
        string messages = Good($"train --resume {begun}");
        Assert.Contains("starting from the beginning", messages, StringComparison.Ordinal);
        Assert.DoesNotContain("learning a tokenizer", messages, StringComparison.Ordinal);
        AssertSame(whole, begun);

        // A tokenizer that is not the one that was written is learned again, to the same bytes, while nothing depends on it.
        foreach ((long _, string? folder) in Checkpoint.Find(begun + "/training")) Directory.Delete(folder, recursive: true);
        Bad($"train --resume {begun}", 1, "has a model, but no checkpoint to go on from");
        File.Delete(Path.Combine(begun, "model.safetensors"));
        File.WriteAllText(Path.Combine(begun, "tokenizer.model"), "damaged");
        Assert.Contains("learning a tokenizer", Good($"train --resume {begun}"), StringComparison.Ordinal);
        AssertSame(whole, begun);
        File.WriteAllText(Path.Combine(begun, "tokenizer.model"), "damaged");
        Bad($"train --resume {begun} --max-steps 9", 1, "is not the tokenizer that this run began with");
    }

    [Fact]
    public void What_would_change_the_run_is_refused()
    {
        string model = Train("model", $"{Sizes} --max-steps 4");
        Bad($"train --resume {model} --hidden-dim 32", 2, "--hidden-dim cannot be given beside --resume");
        Bad($"train --resume {model} --init-from {model}", 2, "--init-from cannot be given beside --resume");
        Bad($"train --resume {model} --overwrite", 2, "--overwrite cannot be given beside --resume");
        Bad("train --resume", 2, "--resume needs a value");
        Bad("train --resume=", 2, "--resume needs a value");
        Bad($"train --resume {_root}/nowhere", 1, "no such folder");
        Bad($"train --resume {_root}", 1, "no run to resume");
        File.AppendAllText(_text, "One more line.\n");
        Bad($"train --resume {model} --max-steps 9", 1, "the text has changed since this run began");
        Bad($"train --data {_text} --out-dir {model}", 1, "holds a model already");
        File.Delete(Path.Combine(model, "config.json"));
        Bad($"train --data {_text} --out-dir {model}", 1, $"continue it with --resume {model}");
    }

    [Fact]
    public void A_new_run_starts_from_another_models_weights_and_tokenizer()
    {
        string first = Train("first", $"{Sizes} --max-steps 60"), second = Path.Combine(_root, "second");
        string other = Path.Combine(_root, "other.txt");
        File.WriteAllText(other, SampleCorpus.Generate(6, 6_000));
        Good($"train --data {other} --out-dir {second} --init-from {first}"
            + " --batch-size 4 --bptt 16 --lr 0.001 --max-steps 6 --eval-interval 1");
        Assert.Equal(File.ReadAllBytes(Path.Combine(first, "tokenizer.model")), File.ReadAllBytes(Path.Combine(second, "tokenizer.model")));
        double start = Lines(second).First(l => l.TryGetProperty("val_nll", out _)).GetProperty("val_nll").GetDouble();
        Assert.True(start < 5, $"{start} is no better than guessing among 320 pieces");
        Directory.Delete(first, recursive: true);
        Good($"train --resume {second} --max-steps 9");
        Bad(
            $"train --data {other} --out-dir {_root}/third --init-from {second} --hidden-dim 32", 2,
            "--hidden-dim cannot be given beside --init-from");
        Bad($"train --data {other} --out-dir {second} --init-from {second} --overwrite", 2, "--init-from and --out-dir are both");
        Bad($"train --data {other} --out-dir {_root}/third --init-from {first}", 1, "no such model folder");
        Assert.False(Directory.Exists(Path.Combine(_root, "third")));
    }

    [Fact]
    public void A_model_to_be_replaced_stays_whole_until_the_new_run_is_ready()
    {
        string model = Train("model", $"{Sizes} --max-steps 4");
        byte[] weights = File.ReadAllBytes(Path.Combine(model, "model.safetensors"));
        Bad($"train --data {_text} --out-dir {model} --vocab-size 5 --overwrite", 2, "at least");
        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(model, "model.safetensors")));
        Good($"train --resume {model} --max-steps 6");
        Good($"train --data {_text} --out-dir {model} {Sizes} --max-steps 3 --overwrite");
        Assert.Equal([3], Checkpoint.Find(model + "/training").Select(c => c.Step));
    }

    [Fact]
    public void Two_runs_do_not_work_in_one_folder()
    {
        string model = Train("model", $"{Sizes} --max-steps 4");
        string held = Path.Combine(model, "training", "lock");
        using var other = new FileStream(held, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        Bad($"train --resume {model} --max-steps 9", 1, "another run is at work in it");
        Bad($"train --data {_text} --out-dir {model} --overwrite {Sizes} --max-steps 4", 1, "another run is at work in it");
    }

    /// <summary>The models, the best and the newest, and the state beside it are the same to the last bit.</summary>
    internal static void AssertSame(string expected, string actual)
    {
        (string? e, string? a) = (Checkpoint.Find(expected + "/training")[0].Folder, Checkpoint.Find(actual + "/training")[0].Folder);
        Assert.Equal(Path.GetFileName(e), Path.GetFileName(a));
        foreach (string name in (string[])["model.safetensors", "training.safetensors"])
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(e, name)), File.ReadAllBytes(Path.Combine(a, name)));
        }

        foreach (string name in (string[])["model.safetensors", "tokenizer.model"])
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(expected, name)), File.ReadAllBytes(Path.Combine(actual, name)));
        }
    }

    /// <summary>The lines of metrics.jsonl without what time decides. Where a run ends, it reports and evaluates besides.</summary>
    internal static List<string> Figures(string model, long end)
    {
        return
        [
            .. Lines(model).Where(IsOfEveryRun).Select(line => string.Join(' ', line.EnumerateObject()
                .Where(p => p.Name is not ("seconds" or "tokens_per_s" or "train_nll" or "token_accuracy"))
                .Select(p => $"{p.Name} {p.Value.GetRawText()}"))),
        ];

        bool IsOfEveryRun(JsonElement line)
        {
            long step = line.GetProperty("step").GetInt64();
            return step == end || step % (line.TryGetProperty("val_nll", out _) ? 7 : 3) == 0;
        }
    }

    internal static List<JsonElement> Lines(string model) =>
        [.. File.ReadAllLines(Path.Combine(model, "training", "metrics.jsonl")).Select(l => JsonDocument.Parse(l).RootElement)];

    private string Train(string name, string flags)
    {
        string model = Path.Combine(_root, name);
        Good($"train --data {_text} --out-dir {model} {flags}");
        return model;
    }

    private static string Good(string line)
    {
        (int code, string _, string? error) = CommandsTests.Run(line.Split(' '));
        Assert.True(code == 0, error);
        return error;
    }

    private static void Bad(string line, int code, string expected)
    {
        (int Code, string Output, string Error) result = CommandsTests.Run(line.Split(' '));
        string last = result.Error.TrimEnd('\n').Split('\n')[^1];
        Assert.Contains(expected, last, StringComparison.Ordinal);
        Assert.StartsWith("grulm: ", last, StringComparison.Ordinal);
        Assert.Equal(code, result.Code);
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
