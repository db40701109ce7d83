// What a run recorded is what it goes on with and is evaluated on: a text that has changed is an error, one that was moved is found or can
// be named, a pipe is kept, and settings that were edited by hand are noticed.

using System.Globalization;
using System.Text.Json.Nodes;
using GruLM.Cli.Demo;
using GruLM.Training;

namespace GruLM.Tests.Cli;

public sealed class MovedTextTests : IDisposable
{
    private const string Sizes =
        "--vocab-size 330 --hidden-dim 16 --emb-dim 16 --num-layers 1 --batch-size 4 --bptt 16 --schedule constant --warmup-steps 0";

    private readonly string _root = Directory.CreateTempSubdirectory("grulm-moved-").FullName;
    private readonly string _text;
    private readonly string _held;
    private readonly string _model;

    public MovedTextTests()
    {
        Directory.CreateDirectory(Path.Combine(_root, "p"));
        (_text, _held) = (Path.Combine(_root, "p", "d.txt"), Path.Combine(_root, "p", "held.txt"));
        _model = Path.Combine(_root, "p", "model");
        File.WriteAllText(_text, SampleCorpus.Generate(5, 6_000));
        File.WriteAllText(_held, SampleCorpus.Generate(6, 1_000));
        Good($"train --data {_text} --out-dir {_model} {Sizes} --max-steps 2");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_text_that_has_changed_is_an_error_wherever_it_is_read()
    {
        Assert.Contains("bytes", Good($"eval --model {_model}"), StringComparison.Ordinal);
        File.WriteAllText(_text, SampleCorpus.Generate(7, 3_000) + File.ReadAllText(_text));
        foreach (string line in (string[])["eval --model", "eval --repeats -n 5 --model", "train --max-steps 3 --resume"])
        {
            Bad($"{line} {_model}", 1, $"{_text}: the text has changed since this run began");
        }

        Bad($"eval --model {_model} --data {_text} --held-out", 1, $"{_text}: the text has changed since this run began");
        Good($"eval --model {_model} --data {_text}");
    }

    [Fact]
    public void Of_two_texts_the_one_that_has_changed_is_named()
    {
        string model = Path.Combine(_root, "two");
        Good($"train --data {_text} --val-data {_held} --out-dir {model} {Sizes} --max-steps 2");
        File.AppendAllText(_held, "more\n");
        Bad($"train --resume {model} --max-steps 3", 1, $"grulm: {_held}: the text has changed since this run began (it had");
        Bad($"eval --model {model}", 1, $"grulm: {_held}: the text has changed");
        Bad($"eval --model {model} --data {_text} --held-out", 1, $"grulm: {_text}: not the text that this run began with (the held-out");
        string copy = Path.Combine(_root, "copy.txt");
        File.Copy(_text, copy);
        Bad($"eval --repeats -n 5 --model {model} --data {copy} --held-out", 1, $"grulm: {_held}: the text has changed");
        File.AppendAllText(_text, "more\n");
        Bad($"train --resume {model} --max-steps 3", 1, $"grulm: {_text}: the text has changed since this run began (its training part");
    }

    [Fact]
    public void The_size_that_eval_tells_is_that_of_the_held_out_part()
    {
        string said = Good($"eval --model {_model}");
        string size = said.Split('\n').Single(line => line.StartsWith("text: ", StringComparison.Ordinal));
        int bytes = int.Parse(size["text: ".Length..size.IndexOf(" bytes", StringComparison.Ordinal)], CultureInfo.InvariantCulture);
        Assert.InRange(bytes, 600, 620);
    }

    [Fact]
    public void A_folder_that_was_moved_with_its_text_goes_on()
    {
        string moved = Path.Combine(_root, "q"), model = Path.Combine(moved, "model");
        Directory.Move(Path.Combine(_root, "p"), moved);
        Good($"eval --model {model}");
        Good($"train --resume {model} --max-steps 3");
        Assert.Equal(3, Checkpoint.Find(model + "/training")[0].Step);

        // Of the model alone, with the text beside it.
        string copy = Path.Combine(_root, "r");
        Directory.CreateDirectory(copy);
        Directory.Move(model, Path.Combine(copy, "other"));
        File.Move(Path.Combine(moved, "d.txt"), Path.Combine(copy, "d.txt"));
        Good($"eval --model {copy}/other");
        Good($"train --resume {copy}/other --max-steps 4");
    }

    [Fact]
    public void The_new_place_of_a_text_can_be_named()
    {
        string elsewhere = Path.Combine(_root, "else.txt");
        string before = Good($"eval --model {_model}").Split('\n').Single(line => line.StartsWith("text: ", StringComparison.Ordinal));
        File.Move(_text, elsewhere);
        Bad(
            $"train --resume {_model} --max-steps 3", 1,
            $"{_text}: there is no such file or folder, and none of its name beside {_model}; name its new place with --data");
        Bad($"eval --model {_model}", 1, "name its new place with --data and --held-out");
        Assert.Contains(before, Good($"eval --model {_model} --data {elsewhere} --held-out"), StringComparison.Ordinal);
        Good($"eval --model {_model} --data {elsewhere} --held-out --repeats -n 5");
        Bad($"eval --model {_model} --data {_held} --held-out", 1, $"{_held}: not the text that this run began with (the held-out");
        foreach (string repeats in (string[])["", " --repeats -n 5"])
        {
            string line = $"eval --model {_model} --data {elsewhere} --held-out{repeats} --data-format";
            Bad($"{line} jsonl", 2, "grulm: --data-format does not go with --held-out, which reads the text as it was read for training");
            Bad($"{line} csv --column a", 2, "grulm: --column does not go with --held-out");
        }

        Bad($"train --resume {_model} --data {_held} --max-steps 3", 1, $"{_held}: not the text that this run began with (the training");
        Good($"train --resume {_model} --data {elsewhere} --max-steps 3");

        // From here on it is known.
        Good($"train --resume {_model} --max-steps 4");
        Good($"eval --model {_model}");
    }

    [Fact]
    public void A_tokenizer_that_is_named_again_must_be_the_one()
    {
        string tokenizer = Path.Combine(_model, "tokenizer.model"), other = Path.Combine(_root, "other");
        string saved = Path.Combine(_root, "saved.model");
        File.Copy(tokenizer, saved);
        File.WriteAllText(tokenizer, "damaged");
        Bad($"train --resume {_model} --max-steps 3", 1, "is not the tokenizer that this run began with");
        Good($"train --data {_held} --out-dir {other} {Sizes} --max-steps 1");
        Bad($"train --resume {_model} --max-steps 3 --tokenizer {other}", 1, $"{other}: is not the tokenizer that this run began with");
        Good($"train --resume {_model} --max-steps 3 --tokenizer {saved}");
        Assert.Equal(File.ReadAllBytes(saved), File.ReadAllBytes(tokenizer));
    }

    [Fact]
    public void A_tokenizer_or_a_model_of_the_same_name_is_not_taken_for_the_one_that_is_gone()
    {
        string place = Path.Combine(_root, "t"), given = Path.Combine(place, "tokenizer.model"), other = Path.Combine(_root, "other");
        Directory.CreateDirectory(place);
        File.Copy(Path.Combine(_model, "tokenizer.model"), given);
        string run = Path.Combine(_root, "q", "run");
        Good($"train --data {_text} --tokenizer {given} --out-dir {run} {Sizes.Replace("--vocab-size 330 ", "")} --max-steps 2");
        Good($"train --data {_held} --out-dir {other} {Sizes} --max-steps 1");
        File.Move(Path.Combine(other, "tokenizer.model"), Path.Combine(_root, "q", "tokenizer.model"));
        File.Delete(given);
        Good($"train --resume {run} --max-steps 3");

        // The run's own folder.
        var settings = new TrainingSettings { Data = [_text], InitFrom = Path.Combine(_root, "gone", "model") };
        var layout = new RunLayout(_model);
        Assert.Equal(settings.InitFrom, new RunPlaces(layout, layout, null).Find(settings).InitFrom);
    }

    [Fact]
    public void What_came_through_a_pipe_is_kept_and_found_again()
    {
        if (!OperatingSystem.IsLinux()) return;
        string model = Path.Combine(_root, "piped");

        // A file of the system's own, which stands for another one in every process.
        using (FileStream text = File.OpenRead(_text), held = File.OpenRead(_held))
        {
            (string data, string valData) = (Descriptor(text), Descriptor(held));
            string said = Good($"train --data {data} --val-data {valData} --out-dir {model} {Sizes} --max-steps 2");
            Assert.Contains($"it is kept in {model}/training/standard-input-1 for --resume", said, StringComparison.Ordinal);
        }

        Assert.Equal(File.ReadAllBytes(_text), File.ReadAllBytes($"{model}/training/standard-input-1"));
        Assert.Equal(File.ReadAllBytes(_held), File.ReadAllBytes($"{model}/training/standard-input-2"));
        string settings = File.ReadAllText($"{model}/training/settings.json");
        Assert.DoesNotContain("/proc/", settings, StringComparison.Ordinal);
        Directory.Move(model, model + "-moved");
        Good($"eval --model {model}-moved");
        Good($"train --resume {model}-moved --max-steps 3");

        // A run that replaces another one works elsewhere first.
        using (FileStream text = File.OpenRead(_text))
        {
            Good($"train --data {Descriptor(text)} --out-dir {_model} {Sizes} --max-steps 2 --overwrite");
        }

        Good($"eval --model {_model}");
        Good($"train --resume {_model} --max-steps 3");
        Good($"train --config {_model}/training/settings.json --max-steps 2 --out-dir {_root}/again");

        // Nothing is left of one that does not begin.
        using (FileStream text = File.OpenRead(_text))
        {
            Bad($"train --data {Descriptor(text)} --out-dir {_root}/none --vocab-size 5", 2, "at least");
            Assert.False(Directory.Exists(_root + "/none"));
        }

        Bad($"train --data /dev/null --out-dir {_root}/none {Sizes}", 1, "/dev/null: is empty, text was expected");
        Assert.False(Directory.Exists(_root + "/none"));

        static string Descriptor(FileStream file) => $"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}";
    }

    [Fact]
    public void A_recorded_pipe_of_an_older_run_is_never_opened()
    {
        if (OperatingSystem.IsWindows()) return;
        Edit("settings.json", json => json["data"] = new JsonArray("/dev/stdin"));
        Bad($"eval --model {_model}", 1, "/dev/stdin: was read by another process, and cannot be read again");
        Bad($"train --resume {_model} --max-steps 3", 1, "/dev/stdin: was read by another process, and cannot be read again");
        Good($"train --resume {_model} --max-steps 3 --data {_text}");
    }

    [Theory]
    [InlineData("hidden-dim", 32, "'--hidden-dim' is 32 there, and this run began with 16")]
    [InlineData("seed", 9, "--seed is 9 there")]
    [InlineData("val-fraction", 0.2, "--val-fraction is 0.2 there")]
    [InlineData("dropout", 0.5, "--dropout is 0.5 there")]
    public void Settings_that_were_edited_so_that_the_run_would_be_another_are_refused(string name, double value, string expected)
    {
        Edit("settings.json", json => json[name] = value);
        Bad($"train --resume {_model} --max-steps 3", 1, expected.Replace("'", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Settings_that_may_change_may_be_edited_and_older_records_are_taken()
    {
        Edit("settings.json", json => json["max-steps"] = 3);
        Good($"train --resume {_model}");
        Assert.Equal(3, Checkpoint.Find(_model + "/training")[0].Step);
        Edit("run.json", json => json.Remove("settings"));
        Edit("run.json", json => json.Remove("folder"));
        Good($"train --resume {_model} --max-steps 4");
        Good($"eval --model {_model}");
        File.WriteAllBytes($"{_model}/training/run.json", [0xEF, 0xBB, 0xBF, .. File.ReadAllBytes($"{_model}/training/run.json")]);
        Good($"train --resume {_model} --max-steps 5");
        File.Delete($"{_model}/training/run.json");
        Assert.Contains("run.json: not found, so that it is not known", Good($"eval --model {_model}"), StringComparison.Ordinal);
        File.Delete($"{_model}/training/settings.json");
        Bad($"eval --model {_model}", 1, "it is not known what the model was trained on; name a text with --data");
        Bad($"eval --model {_model} --data {_text} --held-out", 1, "trained on; leave out --held-out to read all of --data");
        Good($"eval --model {_model} --data {_text}");
    }

    private static string Good(string line)
    {
        (int code, string output, string error) = CommandsTests.Run(line.Split(' '));
        Assert.True(code == 0, $"{line}: {error}");
        return error + output;
    }

    private static void Bad(string line, int code, string expected)
    {
        (int Code, string Output, string Error) result = CommandsTests.Run(line.Split(' '));
        Assert.Contains(expected, result.Error.TrimEnd('\n').Split('\n')[^1], StringComparison.Ordinal);
        Assert.Equal(code, result.Code);
    }

    private void Edit(string name, Action<JsonObject> change)
    {
        string path = Path.Combine(_model, "training", name);
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    }
}
