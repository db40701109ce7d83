// The texts that a run's settings name, found again: where they were; where they went when the run's folder was moved with them; or beside
// the model. Whether a text is the right one is not decided here: its checksum is compared once it was read. Left out on purpose:
// tokenizers, of which the run keeps its own, and models, since another one of the same name would be taken for it.

using GruLM.Corpus;
using GruLM.Formats;

namespace GruLM;

/// <summary>Finds the texts that a run was told to read. <paramref name="home"/> is where the model folder is now,
/// <paramref name="place"/> where the run's own files lie in it.</summary>
internal sealed class RunPlaces(RunLayout home, RunLayout place, RunRecord? record)
{
    /// <summary>The settings with the places where the texts are now.</summary>
    /// <exception cref="FileNotFoundException">A text is nowhere.</exception>
    public TrainingSettings Find(TrainingSettings settings) => settings with
    {
        Data = [.. settings.Data.Select(name => FindText(name, "'Data'"))],
        ValData = settings.ValData is { } name ? FindText(name, "'ValData'") : null,
    };

    /// <summary>Where a text is now; <paramref name="remedy"/> says what names its new place.</summary>
    /// <exception cref="FileNotFoundException">It is nowhere.</exception>
    public string FindText(string name, string remedy)
    {
        if (name == CorpusFiles.StandardInput || !Path.IsPathRooted(name)) return name;
        if (Find(name) is { } found) return found;
        throw new FileNotFoundException(OutputPlace.IsOfSystem(name)
            ? $"{name}: was read by another process, and cannot be read again; name a file with the same text with {remedy}"
            : $"{name}: there is no such file or folder, and none of its name beside {home.Root}; name its new place with {remedy}");
    }

    private string? Find(string name) => Candidates(name).FirstOrDefault(path => File.Exists(path) || Directory.Exists(path));

    private IEnumerable<string> Candidates(string name)
    {
        if (place.KeptPipeOf(name) is { } kept) yield return kept;
        if (OutputPlace.IsOfSystem(name)) yield break;
        yield return name;
        if (record?.Folder is { } began && Path.GetPathRoot(began) == Path.GetPathRoot(name))
        {
            yield return Path.GetFullPath(Path.GetRelativePath(began, name), home.Root);
        }

        string last = Path.GetFileName(Path.TrimEndingDirectorySeparator(name));
        if (last.Length == 0) yield break;
        if (Path.GetDirectoryName(home.Root) is { } around) yield return Path.Combine(around, last);
        yield return Path.Combine(home.Root, last);
    }
}
