// The program of thirty lines that trains, evaluates, writes and reports: killed as soon as its run has begun, and again when there is a
// checkpoint, it comes to its end when it is started once more.

using System.Diagnostics;
using System.Text.RegularExpressions;
using GruLM.Cli.Demo;

namespace GruLM.Tests.Samples;

public sealed class TrainAndTalkTests : IDisposable
{
    private const int MostLines = 32;

    private readonly string _root = Directory.CreateTempSubdirectory("grulm-sample-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void It_is_short() =>
        Assert.InRange(File.ReadAllLines(Path.Combine(SampleProgram.Root, "samples", "TrainAndTalk", "Program.cs")).Length, 1, MostLines);

    [Fact]
    public async Task Killed_twice_it_ends_with_a_model_a_text_and_a_page()
    {
        string text = Path.Combine(_root, "text.txt"), folder = Path.Combine(_root, "model");
        string training = Path.Combine(folder, "training");
        File.WriteAllText(text, SampleCorpus.Generate(5, 150_000));
        KillWhen(text, folder, () => File.Exists(Path.Combine(training, "settings.json")));
        KillWhen(text, folder, () => Directory.Exists(training) && Directory.EnumerateDirectories(training, "step-*").Any(IsWhole));

        using Process process = SampleProgram.Start("TrainAndTalk", text, folder);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = (await process.StandardOutput.ReadToEndAsync()).ReplaceLineEndings("\n");
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        Match told = Regex.Match(output, @"^[1-9]\d* steps\n[0-7]\.\d+ bits a byte of held-out text\n(.{20,})$", RegexOptions.Singleline);
        Assert.True(told.Success, output);
        Assert.Contains("<html", File.ReadAllText(Path.Combine(folder, "report.html")), StringComparison.Ordinal);
        using var model = LanguageModel.Open(folder, threads: 1);
        Assert.Equal(string.Concat(model.Generate("Once", new GenerationOptions { MaxTokens = 100 })), told.Groups[1].Value);

        // The figures of the run that was killed are still there, and those of the one that went on stand beside them.
        Assert.True(Directory.EnumerateFiles(training, "events.out.tfevents.*").Count() >= 2);
    }

    private static bool IsWhole(string checkpoint) => !checkpoint.EndsWith(".partial", StringComparison.Ordinal);

    private static void KillWhen(string text, string folder, Func<bool> moment)
    {
        using Process process = SampleProgram.Start("TrainAndTalk", text, folder);
        var clock = Stopwatch.StartNew();
        while (!moment() && !process.HasExited && clock.Elapsed.TotalSeconds < 60) Thread.Sleep(1);
        if (process.HasExited) Assert.Fail("it was at its end too soon: " + process.StandardError.ReadToEnd());
        process.Kill();
        process.WaitForExit();
        Assert.True(moment(), "it did not begin in a minute");
    }
}
