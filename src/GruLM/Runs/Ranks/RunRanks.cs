// What the processes of one run agree on. An MPI launcher starts the same command several times; the first process owns the folder,
// decides what is to be decided and learns the tokenizer, and the others follow it. A process that was told something else, sees another
// text or would compute otherwise is refused by its name before the first step. Without a launcher there is one process, and all of this
// is nothing.

using System.Text;
using System.Text.Json;
using GruLM.Corpus;
using GruLM.Distributed;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>The processes of a run. <paramref name="group"/> is null where there is one.</summary>
internal sealed class RunRanks(RankGroup? group)
{
    // Nothing to tell.
    private const string Nothing = "";

    /// <summary>Whether this is the process that writes and speaks.</summary>
    public bool IsFirst => group is null || group.Rank == 0;

    /// <summary>How many processes there are.</summary>
    public int Count => group?.Count ?? 1;

    /// <summary>The machines that they run on.</summary>
    public IReadOnlyList<string> Hosts => group?.Hosts ?? [];

    /// <summary>The processes that a launcher started, or this one alone.</summary>
    /// <exception cref="IOException">There is a launcher, but no MPI.</exception>
    public static RunRanks Join() => new(RankGroup.Join());

    /// <summary>Does some work; where it fails, all other processes are told, and end too.</summary>
    public T Together<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception error)
        {
            Tell(error);
            throw;
        }
    }

    /// <summary>Tells all other processes that this one has failed.</summary>
    public void Tell(Exception error)
    {
        if (error is not RankFailedException) group?.Fail(error is OperationCanceledException ? "stopped" : error.Message);
    }

    /// <summary>Threads of this process where nothing was said: no more than its share of a machine that several of them run
    /// on.</summary>
    public int? Threads(int? told) => group is null ? told : told ?? group.Threads;

    /// <summary>The device that computes models together.</summary>
    public IDevice Together(IDevice device, Precision wire) =>
        group is null ? device : new RanksDevice(device, group, wire == Precision.Bf16);

    /// <summary>The folder of the run: the first process's own, which the others follow.</summary>
    public (IRunFolder Folder, TrainingSettings Settings) Folder(Func<RunFolder> claim, TrainingSettings told)
    {
        if (group is null)
        {
            RunFolder own = claim();
            return (own, own.Settings ?? told);
        }

        RunFolder? folder = IsFirst ? claim() : null;
        try
        {
            FoundFolder found = folder is null
                ? new FoundFolder(false, null, false, null, Nothing)
                : new FoundFolder(folder.GoesOn, folder.CheckpointFolder, folder.ReadsByNames, folder.InputName, folder.Root);
            byte[] json = group.OfFirst(JsonSerializer.SerializeToUtf8Bytes(found, FoundFolderJsonContext.Default.FoundFolder));
            byte[] settings = group.OfFirst(folder?.Settings is { } recorded ? SettingsFile.ToJson(recorded) : []);
            if (folder is not null) return (folder, folder.Settings ?? told);
            found = JsonSerializer.Deserialize(json, FoundFolderJsonContext.Default.FoundFolder)!;
            if (found.Checkpoint is { } checkpoint && !Directory.Exists(checkpoint))
            {
                throw new DirectoryNotFoundException(
                    $"{checkpoint}: is not to be seen here; all processes need the folder of the run, on a file system that they share");
            }

            TrainingSettings read = settings.Length == 0
                ? told
                : SettingsFile.ReadGiven(found.Root, settings).On(new TrainingSettings()) with { OutDir = found.Root };
            return (new FollowedFolder(found, read), read);
        }
        catch
        {
            folder?.Dispose();
            throw;
        }
    }

    /// <summary>Checks that all processes are the same program, were told the same, and compute alike.</summary>
    /// <exception cref="InvalidDataException">One is not; it is named.</exception>
    public void Check(TrainingSettings settings, IDevice device)
    {
        if (group is null) return;
        string[] texts = settings.ValData is { } heldOut ? [.. settings.Data, heldOut] : [.. settings.Data];
        if (texts.Any(name => name == CorpusFiles.StandardInput || KeptInput.IsReadOnce(name)))
        {
            throw new ArgumentException(
                "'Data': standard input and pipes can be read by one process only; where several train together, name a file");
        }

        group.CheckSame("is version", GrulmVersion.Text);
        group.CheckSame("computes with", device.Kernels);
        IEnumerable<Setting> compared = SettingsTable.All.Where(setting => setting.Property != nameof(TrainingSettings.Threads));
        IReadOnlyList<string> all = group.Gather(string.Join('\n', compared.Select(setting => Told(setting, settings))));
        int other = all.ToList().FindIndex(text => text != all[0]);
        if (other < 0) return;
        (string its, string first) = all[other].Split('\n').Zip(all[0].Split('\n')).First(pair => pair.First != pair.Second);
        throw new InvalidDataException($"{group.Name(other)} was told {its}, and rank 0 {first}: start all with the same words");
    }

    /// <summary>Checks that all processes read the same texts and start from the same weights.</summary>
    /// <exception cref="InvalidDataException">One does not; it is named.</exception>
    public void Check(RunRecord record)
    {
        if (group is null) return;
        group.CheckSame("reads another training text:", $"{record.Training.Bytes} bytes with the checksum {record.Training.Sha256}");
        group.CheckSame("reads another held-out text:", $"{record.HeldOut.Bytes} bytes with the checksum {record.HeldOut.Sha256}");
        group.CheckSame("starts from weights with the checksum", record.InitFrom ?? Nothing);
    }

    /// <summary>The settings that the first process has come to, and the recipe that it chose, if it did.</summary>
    public (Recipe? Recipe, TrainingSettings Settings) OfFirst(Recipe? recipe, TrainingSettings settings)
    {
        if (group is null) return (recipe, settings);
        string name = Encoding.UTF8.GetString(group.OfFirst(Encoding.UTF8.GetBytes(recipe?.Name ?? Nothing)));
        byte[] json = group.OfFirst(SettingsFile.ToJson(settings));
        if (IsFirst) return (recipe, settings);
        return (name.Length == 0 ? null : Recipes.Named(name), SettingsFile.ReadGiven(settings.OutDir, json).On(settings) with
        {
            ChooseRecipe = false,
        });
    }

    /// <summary>The tokenizer that the first process chooses.</summary>
    public Tokenizer OfFirst(Func<Tokenizer> choose)
    {
        if (group is null) return choose();
        Tokenizer? own = IsFirst ? choose() : null;
        group.AwaitFirst();
        byte[] bytes = group.OfFirst(own?.Model.ToBytes() ?? []);
        return own ?? new Tokenizer(SentencePieceModel.Parse(bytes));
    }

    /// <summary>Lets the first process do some work before the others do theirs.</summary>
    public T FirstBeforeOthers<T>(Func<T> work)
    {
        if (!IsFirst) group!.AwaitFirst();
        T result = work();
        if (IsFirst) group?.AwaitFirst();
        return result;
    }

    private static string Told(Setting setting, TrainingSettings settings)
    {
        string text = setting.Text(settings);
        return text.Length == 0 ? $"nothing of '{setting.Property}'" : $"'{setting.Property} = {text}'";
    }
}
