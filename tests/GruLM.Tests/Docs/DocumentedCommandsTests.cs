// The commands in README.md and docs/: every line of a block marked sh, and every command between `` that begins with ./grulm and has no
// placeholder, is run in a folder that holds the texts and models that the pages speak of (Desk.cs). It must end with exit code 0, or with
// the one that a comment behind it says, and the files that it names as its output must be there.
//
// Long work is made short by one rule (DocumentedCommand.Shortened): train and demo make three steps.

using System.Text.RegularExpressions;
using GruLM.Tests.Samples;

namespace GruLM.Tests.Docs;

[Collection(nameof(CurrentFolder))]
public sealed partial class DocumentedCommandsTests(Desk desk) : IClassFixture<Desk>
{
    // Pages whose commands this test leaves alone, and why. Part of a page is left out by its mark: console or text instead of sh.
    private static readonly Dictionary<string, string> s_leftOut = new()
    {
        ["docs/cuda.md"] = "an NVIDIA card is needed; tests/long/cuda/run.sh runs its commands on one",
        ["docs/install.md"] = "what it installs lies outside the folder; the tests of packages and of the native program do so",
        ["docs/native.md"] = "native programs take minutes to compile; .ci/run compiles and tests them",
    };

    // Commands left alone wherever they stand, and why.
    private static readonly (string Words, string Reason)[] s_notRun =
    [
        ("bench", "measures the machine for seconds a case; BenchCommandTests run it"),
        ("--device cuda", "an NVIDIA card is needed; CudaCommandTests run it where there is one"),
        ("serve", "runs until it is stopped; its own tests start it"),
    ];

    /// <summary>README.md and the pages of docs/.</summary>
    public static IEnumerable<string> AllPages =>
        Directory.EnumerateFiles(Path.Combine(SampleProgram.Root, "docs"), "*.md")
            .Select(path => "docs/" + Path.GetFileName(path)).Order(StringComparer.Ordinal).Prepend("README.md");

    public static TheoryData<string> Pages => [.. AllPages.Where(page => !s_leftOut.ContainsKey(page))];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Commands_on_a_page_work(string page)
    {
        using DeskCopy folder = desk.Copy();
        List<string> failures = [];
        foreach (DocumentedCommand command in DocumentedCommand.Of(Read(page)).Where(command => !IsLeftOut(command)))
        {
            if (!command.NeedsShell || !OperatingSystem.IsWindows())
            {
                failures.AddRange(folder.Run(command).Select(what => $"{page}:{command.Line}: {command.Text}\n  {what}"));
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Blocks_are_marked_by_what_they_hold(string page)
    {
        string text = Read(page);
        Assert.All(
            DocumentedCommand.Of(text),
            command => Assert.True(Ours().IsMatch(command.Text), $"{page}:{command.Line}: mark the block console: {command.Text}"));
        Assert.All(
            DocumentedCommand.Lines(text).Where(line => line.Mark is "console" or "text" && Ours().IsMatch(line.Line)),
            line => Assert.True(
                s_notRun.Any(left => line.Line.Contains(left.Words, StringComparison.Ordinal)),
                $"{page}:{line.Number}: mark the block sh: {line.Line}"));
    }

    [Fact]
    public void The_readme_has_commands() =>
        Assert.InRange(DocumentedCommand.Of(Read("README.md")).Count(command => !IsLeftOut(command)), 4, int.MaxValue);

    [Fact]
    public void Commands_are_found_where_they_stand()
    {
        const string page = "# A\n\n```sh\n./grulm a \\\n    --b   # c\n# d\ngrulm e --x \"# f\" > g # exit code 2\n```\n\n"
            + "```console\n./grulm h\n```\n`./grulm i -o j.k`, `./grulm l FILE`, `./grulm m …`, `grulm n`, `echo o | ./grulm p \"FILE\"`\n";
        Assert.Equal(
            [(4, "./grulm a --b"), (7, "grulm e --x \"# f\" > g"), (13, "./grulm i -o j.k"), (13, "echo o | ./grulm p \"FILE\"")],
            DocumentedCommand.Of(page).Select(command => (command.Line, command.Text)));
        Assert.Equal([0, 2, 0, 0], DocumentedCommand.Of(page).Select(command => command.ExitCode));
        Assert.Equal([false, true, false, true], DocumentedCommand.Of(page).Select(command => command.NeedsShell));
        Assert.Equal([[], ["g"], ["j.k"], []], DocumentedCommand.Of(page).Select(command => command.Written.ToArray()));
    }

    [Theory]
    [InlineData("./grulm train --data a --minutes 0.5 --out-dir b", "./grulm train --max-steps 3 --data a --out-dir b")]
    [InlineData("./grulm train --resume a --epochs 20", "./grulm train --max-steps 3 --resume a")]
    [InlineData("./grulm demo --minutes 1", "./grulm demo --max-steps 3")]
    [InlineData("./grulm tokenizer train --input a --vocab-size 8000", "./grulm tokenizer train --input a --vocab-size 340")]
    [InlineData("./grulm eval --model a", "./grulm eval --model a")]
    public void Long_work_is_made_short(string text, string expected) =>
        Assert.Equal(expected, new DocumentedCommand(1, text, 0).Shortened(3));

    private static bool IsLeftOut(DocumentedCommand command) =>
        s_notRun.Any(left => command.Text.Contains("grulm " + left.Words, StringComparison.Ordinal)
            || (left.Words.StartsWith('-') && command.Text.Contains(left.Words, StringComparison.Ordinal)));

    private static string Read(string page) => File.ReadAllText(Path.Combine(SampleProgram.Root, page)).ReplaceLineEndings("\n");

    [GeneratedRegex(@"(^|\|\s*|\bdo\s+|\$\(\s*)(\./)?grulm\s")]
    private static partial Regex Ours();
}
