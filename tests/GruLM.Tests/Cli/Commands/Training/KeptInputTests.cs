// Runs whose text comes from standard input, which nobody can give twice: it is kept beside the model, so that such a run goes on like any
// other.

using System.Diagnostics;
using System.Text;
using GruLM.Cli.Demo;
using GruLM.Tests.Corpus;
using GruLM.Training;

namespace GruLM.Tests.Cli;

public sealed class KeptInputTests : IDisposable
{
    private const string Sizes =
        "--vocab-size 320 --hidden-dim 16 --emb-dim 16 --num-layers 1 --batch-size 4 --bptt 16 --schedule constant --warmup-steps 0";
    private static readonly byte[] s_text = Encoding.UTF8.GetBytes(SampleCorpus.Generate(5, 6_000));
    private readonly string _root = Directory.CreateTempSubdirectory("grulm-kept-").FullName;
    private readonly string _model;
    private readonly string _kept;

    public KeptInputTests()
    {
        _model = Path.Combine(_root, "model");
        _kept = Path.Combine(_model, "training", "standard-input");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_run_on_standard_input_goes_on_without_it()
    {
        byte[] packed = TextCorpusTests.Pack(s_text);
        string said = Good(packed, $"train --data - --out-dir {_model} {Sizes} --max-steps 4").Error;
        Assert.Contains($"standard input is kept in {_kept} for --resume", said, StringComparison.Ordinal);
        Assert.Equal(packed, File.ReadAllBytes(_kept));
        Good([], $"train --resume {_model} --max-steps 9");

        string file = Path.Combine(_root, "text.txt"), whole = Path.Combine(_root, "whole");
        File.WriteAllBytes(file, s_text);
        Good([], $"train --data {file} --out-dir {whole} {Sizes} --max-steps 9");
        ResumeTests.AssertSame(whole, _model);
        Assert.False(File.Exists(Path.Combine(whole, "training", "standard-input")));

        // What was held out is found too.
        Assert.Equal(Good([], $"eval --model {whole}").Output.Split("  (")[0], Good([], $"eval --model {_model}").Output.Split("  (")[0]);
        Good([], $"eval --model {_model} --repeats -n 20");
    }

    [Fact]
    public void Beside_files_and_as_held_out_text_it_is_kept_alike()
    {
        string file = Path.Combine(_root, "text.txt");
        File.WriteAllBytes(file, s_text);
        Good("One more line.\n"u8.ToArray(), $"train --data {file} --data - --out-dir {_model} {Sizes} --max-steps 2");
        Good([], $"train --resume {_model} --max-steps 3");
        Good(s_text.AsSpan(0, 2000).ToArray(), $"train --data {file} --val-data - --out-dir {_model} {Sizes} --max-steps 2 --overwrite");
        Assert.Equal(s_text[..2000], File.ReadAllBytes(_kept));
        Good([], $"train --resume {_model} --max-steps 3");
        Assert.Contains("2,000 bytes", Good([], $"eval --model {_model}").Error, StringComparison.Ordinal);

        // A run that replaces it and reads files alone leaves nothing of it.
        Good([], $"train --data {file} --out-dir {_model} {Sizes} --max-steps 2 --overwrite");
        Assert.False(File.Exists(_kept));
    }

    [Fact]
    public void Where_it_is_gone_the_same_text_is_asked_for_again()
    {
        Good(s_text, $"train --data - --out-dir {_model} {Sizes} --max-steps 2");
        File.Delete(_kept);
        string[] lines = Bad([], $"train --resume {_model} --max-steps 3", 1);
        Assert.Equal(
            $"note: this run's text came from standard input, and {_kept} is gone: the same text is expected on standard input again",
            lines[0]);
        Assert.Equal("grulm: standard input: is empty, text was expected", lines[^1]);
        string changed = Bad([.. s_text, (byte)'x'], $"train --resume {_model} --max-steps 3", 1)[^1];
        Assert.Contains("the text has changed since this run began", changed, StringComparison.Ordinal);
        string eval = Bad([], $"eval --model {_model}", 1)[^1];
        Assert.Contains(
            "standard-input: not found, and the model was trained on standard input; name a text with --data",
            eval, StringComparison.Ordinal);
        Good(s_text, $"train --resume {_model} --max-steps 3");
        Assert.Equal(3, Checkpoint.Find(_model + "/training")[0].Step);
    }

    [Fact]
    public void A_run_on_a_file_does_not_go_on_with_what_can_be_read_only_once()
    {
        string file = Path.Combine(_root, "text.txt"), fifo = Path.Combine(_root, "fifo");
        File.WriteAllBytes(file, s_text);
        Good([], $"train --data {file} --out-dir {_model} {Sizes} --max-steps 2");
        const string Refused = "standard input can be read only once, and a run that goes on reads its text anew; "
            + "name a file with the same text";
        Assert.Equal([$"grulm: --data: {Refused}"], Bad(s_text, $"train --resume {_model} --data - --max-steps 3", 2));
        Assert.Equal([$"grulm: --val-data: {Refused}"], Bad(s_text, $"train --resume {_model} --val-data -", 2));
        if (OperatingSystem.IsLinux())
        {
            using (var make = Process.Start("mkfifo", fifo)) make.WaitForExit();
            Assert.Contains($"{fifo} can be read", Bad([], $"train --resume {_model} --data {fifo}", 2)[^1], StringComparison.Ordinal);
        }

        Good([], $"train --resume {_model} --max-steps 3");
        Good([], $"eval --model {_model}");
    }

    [Fact]
    public void A_run_that_does_not_begin_keeps_nothing()
    {
        Bad([], $"train --data - --out-dir {_model} {Sizes} --max-steps 2", 1);
        Bad(s_text, $"train --data - --out-dir {_model} {Sizes} --vocab-size 5 --max-steps 2", 2);
        Bad(TextCorpusTests.Pack(s_text)[..^9], $"train --data - --out-dir {_model} {Sizes} --max-steps 2", 1);
        string[] line = $"train --data - --out-dir {_model} {Sizes}".Split(' ');
        Assert.Equal(130, CommandsTests.Run(s_text, new CancellationToken(true), line).Code);
        Good(s_text, $"train --data - --out-dir {_model} {Sizes} --max-steps 2 --dry-run");
        Assert.False(Directory.Exists(_model));

        // A model that was to be replaced stays as it is, with what it was trained on.
        Good(s_text, $"train --data - --out-dir {_model} {Sizes} --max-steps 2");
        var before = Directory.GetFiles(_model, "*", SearchOption.AllDirectories).Order().ToList();
        Bad(TextCorpusTests.Pack(s_text)[..^9], $"train --data - --out-dir {_model} {Sizes} --max-steps 2 --overwrite", 1);
        Assert.Equal(before, Directory.GetFiles(_model, "*", SearchOption.AllDirectories).Order());
        Assert.Equal(s_text, File.ReadAllBytes(_kept));
        Good([], $"train --resume {_model} --max-steps 3");
    }

    private static (string Output, string Error) Good(byte[] input, string line)
    {
        (int code, string? output, string? error) = CommandsTests.Run(input, line.Split(' '));
        Assert.True(code == 0, error);
        return (output, error);
    }

    private static string[] Bad(byte[] input, string line, int code)
    {
        (int Code, string Output, string Error) result = CommandsTests.Run(input, line.Split(' '));
        Assert.True(code == result.Code, result.Error);
        return result.Error.TrimEnd('\n').Split('\n');
    }
}
