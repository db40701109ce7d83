// Flags that a command does not have: behind lists of files, texts, prompts and stop strings they are neither of these, in any command.
using System.CommandLine;
using GruLM.Cli;

namespace GruLM.Tests.Cli;

public sealed class UnknownFlagTests
{
    [Theory]
    [InlineData("generate -m m -p The --temprature 0.5", "unknown option --temprature for 'grulm generate'; did you mean --temperature?")]
    [InlineData(
        "generate -m m -p The --stop x --temprature 0.5",
        "unknown option --temprature for 'grulm generate'; did you mean --temperature?")]
    [InlineData("generate -m m -p --temprature", "unknown option --temprature for 'grulm generate'; did you mean --temperature?")]
    [InlineData("generate -m m -p --x", "unknown option --x for 'grulm generate'; a text that begins with a dash is given as --prompt=--x")]
    [InlineData("generate -m m -p The –temperature 1", "unknown option –temperature for 'grulm generate'; did you mean --temperature?")]
    [InlineData("generate -m m -n5", "unknown option -n5 for 'grulm generate'; write -n 5")]
    [InlineData("generate -m m --n_predict 5", "unknown option --n_predict for 'grulm generate'; did you mean --n-predict?")]
    [InlineData("generate -m m --n-predit 5", "unknown option --n-predit for 'grulm generate'; did you mean --n-predict?")]
    [InlineData("generate -m m --tempp 5", "unknown option --tempp for 'grulm generate'; did you mean --temp?")]
    [InlineData("generate -m m -x 5", "unknown option -x for 'grulm generate'")]
    [InlineData("-v", "unknown option -v for 'grulm'; did you mean --version?")]
    [InlineData("eval -m m --no-tie-weights", "unknown option --no-tie-weights for 'grulm eval'; it is a flag of 'grulm train'")]
    [InlineData("eval -m m --precision bf16", "unknown option --precision for 'grulm eval'; it is a flag of 'grulm train' and others")]
    [InlineData("eval -m m --completions 3", "unknown option --completions for 'grulm eval'; it is a flag of 'grulm generate'")]
    [InlineData("generate -m m --mirostat 1", "--mirostat 1: one of 0, 2 was expected")]
    [InlineData("generate -m m -n 99999999999", "--max-tokens 99999999999: a whole number from -1 to 2147483647 was expected")]
    [InlineData("generate -m m -n -2", "--max-tokens -2: a whole number from -1 up was expected")]
    [InlineData("generate -m m --seed -2", "--seed -2: -1 or a whole number from 0 to 18446744073709551615 was expected")]
    [InlineData("generate -m m --state ''", "--state '': the name of a file was expected")]
    [InlineData(
        "generate -m m --beam 2 --json --logprobs 1",
        "--beam tells the 'logprob' of each text, not of its tokens; leave --logprobs out")]
    [InlineData("compress -m m '' -o x", "an empty name was given; name a file, or - for standard input")]
    [InlineData(
        "compress -m m a a -o x",
        "unexpected argument 'a' for 'grulm compress'; FILE is 'a' already, and is one; put a name with spaces in quotation marks")]
    [InlineData("train --data a b --epcohs 3 -o x", "unknown option --epcohs for 'grulm train'; did you mean --epochs?")]
    [InlineData("train --data a --out-dir --overwite", "unknown option --overwite for 'grulm train'; did you mean --overwrite?")]
    [InlineData(
        "tokenizer encode -m m --compat 0.1",
        "unknown option --compat for 'grulm tokenizer encode'; it is a flag of 'grulm tokenizer train', 'grulm tokenizer normalize'")]
    [InlineData("tokenizer decode a b --thread 2", "unknown option --thread for 'grulm tokenizer decode'; did you mean --threads?")]
    [InlineData("bench tokenizer --data a b --round=3", "unknown option --round for 'grulm bench tokenizer'; did you mean --rounds?")]
    [InlineData("show m --jsn", "unknown option --jsn for 'grulm show'; did you mean --json?")]
    [InlineData("show --model m", "unknown option --model for 'grulm show'; the model is named without a flag: grulm show DIR")]
    [InlineData("show a b c", "unexpected argument 'c' for 'grulm show'; nothing more was expected; see 'grulm show --help'")]
    [InlineData("demo 5", "unexpected argument '5' for 'grulm demo'; it takes flags only; see 'grulm demo --help'")]
    [InlineData("train --data --out-dir x", "--data needs a value, and --out-dir is a flag")]
    [InlineData("generate -m m -n --json", "--max-tokens needs a value, and --json is a flag")]
    [InlineData(
        "generate -m m --prompt -n 5",
        "--prompt needs a value, and -n is a flag; a text that begins with a dash is given as --prompt=-n")]
    [InlineData(
        "train --data a --out-dir x --init-from m --preset small",
        "--preset small cannot be given beside --init-from: its sizes and tokenizer are not those of the model that training starts from")]
    [InlineData("generate ROMEO", "unexpected argument 'ROMEO' for 'grulm generate'; use --prompt: --prompt ROMEO")]
    [InlineData("eval book", "unexpected argument 'book' for 'grulm eval'; use --model: --model book")]
    [InlineData("train book.txt", "unexpected argument 'book.txt' for 'grulm train'; use --data: --data book.txt")]
    [InlineData(
        "generate -m m -p The old man",
        "several words behind --prompt, 'old' among them: put a text with spaces in quotation marks, or repeat --prompt for another text")]
    [InlineData(
        "generate -m m --stop The end",
        "several words behind --stop, 'end' among them: put a text with spaces in quotation marks, or repeat --stop for another text")]
    [InlineData("train --data a -o x --tie-weights=false", "--tie-weights is a switch and takes no value: write --no-tie-weights instead")]
    [InlineData(
        "train --data a -o x --no-tie-weights=true",
        "--no-tie-weights is a switch and takes no value: write --no-tie-weights alone")]
    [InlineData("train --data a -o x --tie-weights false", "--tie-weights is a switch and takes no value: write --no-tie-weights instead")]
    [InlineData("eval -m m --json=no", "--json is a switch and takes no value: leave it out")]
    [InlineData("help trian", "unknown command 'trian' for 'grulm'; did you mean train?")]
    [InlineData("trian --data book.txt", "unknown command 'trian' for 'grulm'; did you mean train?")]
    [InlineData("evaluate --model book", "unknown command 'evaluate' for 'grulm'; did you mean eval?")]
    [InlineData("resume book", "unknown command 'resume' for 'grulm'; did you mean train --resume?")]
    [InlineData("tokenizer encod --model m", "unknown command 'encod' for 'grulm tokenizer'; did you mean encode?")]
    [InlineData("--data book.txt", "unknown option --data for 'grulm'; it is a flag of 'grulm train' and others")]
    [InlineData("trian --help", "unknown command 'trian' for 'grulm'; did you mean train?")]
    public void Are_told_of_in_one_line_with_exit_code_2(string line, string expected)
    {
        string[] words = [.. line.Split(' ').Select(word => word == "''" ? "" : word)];
        (int code, string output, string error) = CommandsTests.Run(words);
        Assert.Equal((2, "", $"grulm: {expected}\n"), (code, output, error));
    }

    [Fact]
    public void No_command_takes_one_for_a_value_of_whatever_stands_before_it()
    {
        int tried = 0;
        foreach ((string path, Command command) in Program.Commands().SelectMany(command => All("grulm", command)))
        {
            string[] words = path.Split(' ')[1..];
            foreach (string[] before in command.Options.Where(option => option.Arity.MaximumNumberOfValues > 0)
                .Select(option => (string[])[option.Name, "1"]).Append([]))
            {
                (int code, string output, string error) = CommandsTests.Run([.. words, .. before, "--xyzzyxyzzy", "2"]);
                Assert.Equal((2, ""), (code, output));
                Assert.StartsWith($"grulm: unknown option --xyzzyxyzzy for '{path}'", error, StringComparison.Ordinal);
                tried++;
            }
        }

        Assert.True(tried > 150, $"{tried}");

        static IEnumerable<(string Path, Command Command)> All(string before, Command command)
        {
            string path = $"{before} {command.Name}";
            return command.Subcommands.Count == 0 ? [(path, command)] : command.Subcommands.SelectMany(inner => All(path, inner));
        }
    }

    [Theory]
    [InlineData("a b", "a b")]
    [InlineData("W/my model", "\"W/my model\"", "W/my model")]
    [InlineData("it's", "\"it's\"", "it's")]
    public void Paths_in_lines_to_copy_are_quoted_where_a_shell_would_cut_them(string word, string quoted, string? plain = null)
    {
        if (OperatingSystem.IsWindows()) return;
        Assert.Equal(plain is null ? $"\"{quoted}\"" : quoted, ShellWord.Of(word));
    }

    [Fact]
    public void What_double_quotation_marks_do_not_protect_stands_in_single_ones()
    {
        if (OperatingSystem.IsWindows()) return;
        Assert.Equal("'a$b'", ShellWord.Of("a$b"));
        Assert.Equal("'a$'\\''b'", ShellWord.Of("a$'b"));
        Assert.Equal("\"\"", ShellWord.Of(""));
        Assert.Equal("größe/…", ShellWord.Of("größe/…"));
    }

    [Theory]
    [InlineData(
        "Access to the path '/a b/c' is denied.",
        "/a b/c: access is denied; choose another place, or have the rights to it changed")]
    [InlineData("Could not find file '/proc/x'.", "/proc/x: there is no such file")]
    [InlineData("Could not find a part of the path '/a/b'.", "/a/b: there is no such folder")]
    [InlineData("No space left on device : '/a/b'", "/a/b: the disk is full; make room there, or choose another place")]
    [InlineData("Read-only file system : '/a/b'", "/a/b: the disk can only be read; choose another place")]
    [InlineData(
        "Access to the path '/a.html.1c913e148e464ae6b46a4d74cfb1a583.tmp' is denied.",
        "/a.html: access is denied; choose another place, or have the rights to it changed")]
    [InlineData("Too many open files : '/a/b'", "/a/b: too many open files")]
    [InlineData("book.txt: is empty, text was expected", "book.txt: is empty, text was expected")]
    public void What_the_system_says_of_files_is_said_in_our_words(string message, string expected) =>
        Assert.Equal(expected, SystemWords.Of(message));

    [Fact]
    public void A_folder_in_the_place_of_a_file_is_no_matter_of_rights()
    {
        string folder = Path.TrimEndingDirectorySeparator(Path.GetTempPath());
        Assert.Equal($"{folder}: is a folder; a file was expected", SystemWords.Of($"Access to the path '{folder}' is denied."));
    }

    [Fact]
    public void A_program_is_called_by_the_words_that_started_it()
    {
        Assert.Equal("grulm", ProgramName.OfWords([]));
        Assert.Equal("grulm", ProgramName.OfWords(["grulm", "demo"]));
        Assert.Equal("../bin/GruLM.Cli", ProgramName.OfWords(["../bin/GruLM.Cli", "demo"]));
        Assert.Equal("\"/my programs/grulm\"", ProgramName.OfWords(["/my programs/grulm"]));
        Assert.Equal("dotnet out/GruLM.Cli.dll", ProgramName.OfWords(["dotnet", "out/GruLM.Cli.dll", "demo"]));
    }

    [Fact]
    public void A_program_that_saves_is_not_ended_before_it_has()
    {
        using var ended = new ManualResetEventSlim();
        using var deadline = new StopDeadline(ended.Set);
        IDisposable saving = deadline.Hold();
        deadline.Begin();
        Assert.False(ended.Wait(1000, TestContext.Current.CancellationToken));
        saving.Dispose();
        Assert.True(ended.Wait(10_000, TestContext.Current.CancellationToken));
    }
}
