// Pages about model folders and the runs that made them, each complete in one file that a browser opens. A run may still be at work: what
// it has written so far is shown.

using GruLM.Formats;
using GruLM.Model;

namespace GruLM.Report;

/// <summary>Writes pages about runs. Safe for several threads.</summary>
public static class RunReport
{
    private const int SampleTokens = 120;
    private const ulong SampleSeed = 1;

    /// <summary>Writes a page about a model folder: the curves of its training, best figures, samples over time or a text by the model,
    /// what the model is, settings. A file that is there already is replaced, as a whole or not at all. A folder whose run has saved no
    /// model yet gives a page all the same.</summary>
    /// <param name="folder">The model folder; the page tells its name alone, not where it is.</param>
    /// <param name="path">The page, usually with the extension html.</param>
    /// <exception cref="IOException">The folder or one of its files is missing or cannot be read, or the page cannot be
    /// written.</exception>
    /// <exception cref="InvalidDataException">A file of the model is damaged; damaged files of its training are only told of.</exception>
    public static void Write(string folder, string path)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(path);
        FolderSwitch.Settle(folder);
        var history = RunHistory.Read(folder);
        AtomicFile.WriteAllText(path, RunPage.Write(folder, Facts(folder), history, history.Samples.Count > 0 ? "" : TextBy(folder)));
    }

    /// <summary>Writes a page about two model folders: their facts, best figures and settings side by side, and the curves of both in the
    /// same pictures.</summary>
    /// <inheritdoc cref="Write" path="/exception"/>
    /// <param name="first">A model folder; the page tells its name alone, not where it is.</param>
    /// <param name="second">Another one.</param>
    /// <param name="path">The page; a file that is there already is replaced.</param>
    public static void WriteComparison(string first, string second, string path)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(path);
        FolderSwitch.Settle(first);
        FolderSwitch.Settle(second);
        string a = NameOf(first), b = NameOf(second);
        if (a == b) (a, b) = ($"{a} (first)", $"{b} (second)");
        string page = ComparisonPage.Write(
            new ComparedRun(a, Facts(first), RunHistory.Read(first)), new ComparedRun(b, Facts(second), RunHistory.Read(second)));
        AtomicFile.WriteAllText(path, page);
    }

    /// <summary>What a model is. A run that has come to no evaluation and no checkpoint yet can be watched all the same.</summary>
    internal static IReadOnlyList<(string Name, string Value)> Facts(string folder) =>
        !File.Exists(Path.Combine(folder, ModelFile.ConfigName)) && RunHistory.IsIn(folder)
            ? [("model", "none is saved yet")]
            : ModelDescription.Read(folder).Facts();

    /// <summary>What the model writes with nothing before it, of a run that kept no samples; empty where there is no model yet, or it is
    /// broken.</summary>
    internal static string TextBy(string folder)
    {
        if (!File.Exists(Path.Combine(folder, ModelFile.ConfigName))) return "";
        try
        {
            using var model = LanguageModel.Open(folder, threads: 1);
            var options = new GenerationOptions
            {
                Sampling = model.Defaults.ToSampling() with { Seed = SampleSeed },
                MaxTokens = SampleTokens,
            };
            return string.Concat(model.Generate("", options));
        }
        catch (InvalidDataException)
        {
            return "";
        }
    }

    private static string NameOf(string folder) => PageParts.NameOf(Path.GetFullPath(folder));
}
