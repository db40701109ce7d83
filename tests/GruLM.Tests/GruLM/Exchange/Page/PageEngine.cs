// A page's modules at work in Node.js, where it is installed: Fixtures/Page/engine.mjs is asked by standard input.

using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GruLM.Tests;

/// <summary>Asks the modules of a page.</summary>
internal static class PageEngine
{
    private static readonly string? s_node = Program("node");

    /// <summary>Skips a test where there is no Node.js.</summary>
    public static void Require() => Assert.SkipUnless(s_node is not null, "needs node (18 or newer), which runs the page's modules");

    /// <summary>Where a program is that can be called by its name; null where it is not.</summary>
    public static string? Program(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>The answers to questions as engine.mjs describes them, or another script beside it.</summary>
    public static JsonElement Ask(string page, JsonObject questions, string script = "engine.mjs")
    {
        string modules = Directory.CreateTempSubdirectory("grulm-modules-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(modules, "package.json"), """{ "type": "module" }""");
            string sources = Path.Combine(StyleTests.Root(), "src", "GruLM", "Exchange", "Page");
            foreach (string file in Directory.EnumerateFiles(sources, "*.js", SearchOption.AllDirectories))
            {
                string copy = Path.Combine(modules, Path.GetRelativePath(sources, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }

            return Run(script, modules, page, questions.ToJsonString());
        }
        finally
        {
            Directory.Delete(modules, recursive: true);
        }
    }

    private static JsonElement Run(string name, string modules, string page, string questions)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "Fixtures", "Page", name);
        var start = new ProcessStartInfo(s_node!, [script, modules, page])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> said = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> answers = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        process.StandardInput.Write(questions);
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, said.Result);
        return JsonDocument.Parse(answers.Result).RootElement;
    }
}
