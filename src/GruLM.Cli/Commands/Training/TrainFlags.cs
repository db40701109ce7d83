// The flags of grulm train: one a setting of the library's table, and those that say where settings come from and what is done with them.

using System.CommandLine;
using System.Text.Json;

namespace GruLM.Cli.Commands;

/// <summary>The flags of <c>grulm train</c>.</summary>
internal sealed class TrainFlags
{
    private const string ResumeName = "--resume";

    private static readonly Dictionary<SettingGroup, string> s_titles = new()
    {
        [SettingGroup.Text] = "Text",
        [SettingGroup.Model] = "Tokenizer and model",
        [SettingGroup.Regularisation] = "Against learning the text by heart",
        [SettingGroup.Length] = "Length",
        [SettingGroup.Batches] = "What a step reads",
        [SettingGroup.LearningRate] = "Learning rate",
        [SettingGroup.Optimizer] = "Optimizer",
        [SettingGroup.Progress] = "What is seen and kept",
        [SettingGroup.Machine] = "Machine and seed",
    };

    private readonly SettingFlag[] _settings = [.. SettingsTable.All.Select(setting => new SettingFlag(setting))];
    private readonly Option<string?> _outDir = Flags.Text(
        "--out-dir", "DIR", "the folder to write the model to (required)", null, "-o");
    private readonly Option<string?> _preset = Flags.OptionalOneOf(
        "--preset", [.. Recipes.All.Select(recipe => recipe.Name)],
        "settings to begin with, which other flags and --config win over: "
        + string.Join("; ", Recipes.All.Select(recipe => $"{recipe.Name} ({SettingWords.ToFlags(recipe.Description)})")));
    private readonly Option<string?> _resume = Flags.Text(
        ResumeName, "DIR",
        "continues the run in this folder where its newest checkpoint stands, with its own settings; "
        + "alone, or with more --minutes, --epochs or --max-steps, each counted from the beginning of the run, what is made included; "
        + "or with the new place of a text that was moved (--data, --val-data)");
    private readonly Option<string?> _config = Flags.Text(
        "--config", "FILE.json", "flags from a JSON file; one on the command line wins");
    private readonly Option<bool> _dryRun = Flags.Switch(
        "--dry-run", "everything but training: figures of text and model, memory, and an estimate of the time from a few measured steps");
    private readonly Option<bool> _overwrite = Flags.Switch(
        "--overwrite", "replace a model that is in --out-dir already; it stays usable until the new one has been saved");

    private readonly Option<int?> _watch = WatchedRun.Flag();

    /// <summary>The flags in the groups that help shows: those that people need first, then the rest by subject.</summary>
    public IReadOnlyList<(string Title, IReadOnlyList<Option> Flags)> Sections
    {
        get
        {
            IEnumerable<Option> essential = _settings.Where(flag => flag.Setting.IsEssential).SelectMany(flag => flag.Options);
            IReadOnlyList<Option> first = [_outDir, .. essential, _preset, _resume, _watch];
            List<(string, IReadOnlyList<Option>)> sections = [("Flags to begin with", first)];
            foreach (IGrouping<SettingGroup, SettingFlag> group in _settings.GroupBy(flag => flag.Setting.Group))
            {
                var flags = group.Where(flag => !flag.Setting.IsEssential).SelectMany(flag => flag.Options).ToList();
                if (flags.Count > 0) sections.Add((s_titles[group.Key], flags));
            }

            sections.Add(("Settings and folder", [_config, _dryRun, _overwrite]));
            return sections;
        }
    }

    /// <summary>What a command line says, with the files that it names.</summary>
    /// <exception cref="UsageException">Flags do not go together, or one is missing.</exception>
    public TrainCall Read(ParseResult flags)
    {
        var given = new GivenSettings();
        if (flags.Given(_resume))
        {
            CheckBesideResume(flags);
            foreach (SettingFlag flag in _settings) flag.AddTo(given, flags);
            return new TrainCall { ResumedFolder = flags.GetValue(_resume), Given = given, Watch = flags.GetValue(_watch) };
        }

        var call = new TrainCall { Given = given };
        if (flags.GetValue(_config) is { } path) call = ReadFile(path, call);
        foreach (SettingFlag flag in _settings) flag.AddTo(given, flags);
        call = call with
        {
            OutDir = flags.GetValue(_outDir) ?? call.OutDir,
            Preset = flags.GetValue(_preset) ?? call.Preset,
            IsDryRun = call.IsDryRun || flags.GetValue(_dryRun),
            Overwrite = call.Overwrite || flags.GetValue(_overwrite),
            Watch = flags.GetValue(_watch),
        };
        if (call is { IsDryRun: true, Watch: not null })
        {
            throw new UsageException("--watch cannot be given beside --dry-run, which trains nothing that could be seen");
        }

        CheckComplete(call);
        return call;
    }

    private static TrainCall ReadFile(string path, TrainCall call)
    {
        try
        {
            call.Given.Add(SettingsFile.ReadGiven(path, TakesOther, ["preset", "out-dir", "dry-run", "overwrite"]));
            return call;
        }
        catch (InvalidDataException error)
        {
            throw new UsageException(error.Message);
        }

        // What the file may say besides settings.
        bool TakesOther(JsonProperty property)
        {
            switch (property.Name.Replace('_', '-'))
            {
                case "out-dir" when property.Value.ValueKind == JsonValueKind.String:
                    call = call with { OutDir = property.Value.GetString() };
                    return true;
                case "preset" when property.Value.ValueKind == JsonValueKind.String:
                    string name = property.Value.GetString()!;
                    if (Recipes.Named(name) is null)
                    {
                        string known = string.Join(", ", Recipes.All.Select(recipe => recipe.Name));
                        throw new UsageException($"{path}: --preset {name}: one of {known} was expected");
                    }

                    call = call with { Preset = name };
                    return true;
                case "dry-run" when property.Value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                    call = call with { IsDryRun = property.Value.GetBoolean() };
                    return true;
                case "overwrite" when property.Value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                    call = call with { Overwrite = property.Value.GetBoolean() };
                    return true;
                default:
                    return false;
            }
        }
    }

    private static void CheckComplete(TrainCall call)
    {
        string? missing = !call.Given.Has(nameof(TrainingSettings.Data)) ? "--data" : call.OutDir is null ? "--out-dir" : null;
        if (missing is not null)
        {
            throw new UsageException($"{missing} is required for 'grulm train'; see '{ProgramName.Text} train --help'");
        }

        if (call.OutDir!.Length == 0) throw new UsageException("--out-dir '': something was expected, this is empty");
        if (call.Preset is { } preset && call.Given.Has(nameof(TrainingSettings.InitFrom)))
        {
            throw new UsageException(
                $"--preset {preset} cannot be given beside --init-from: its sizes and tokenizer are not those of the model that "
                + "training starts from");
        }

        Setting? ofModel = call.Given.All.FirstOrDefault(setting => setting.IsOfModel);
        if (ofModel is null || !call.Given.Has(nameof(TrainingSettings.InitFrom))) return;
        throw new UsageException(
            $"--{ofModel.Name} cannot be given beside --init-from: sizes and tokenizer are those of the model that training starts from");
    }

    private void CheckBesideResume(ParseResult flags)
    {
        Option? other = _settings.Where(flag => !flag.Setting.MayChange && !flag.Setting.MayMove).Select(flag => flag.GivenOption(flags))
            .Concat(new Option[] { _outDir, _preset, _config, _overwrite, _dryRun }.Where(flags.Given))
            .FirstOrDefault(option => option is not null);
        if (other is not null)
        {
            IEnumerable<Setting> changeable = SettingsTable.All.Where(setting => setting.MayChange);
            string allowed = string.Join(", ", changeable.Select(setting => "--" + setting.Name));
            string moved = string.Join(", ", SettingsTable.All.Where(setting => setting.MayMove).Select(setting => "--" + setting.Name));
            throw new UsageException(
                $"{other.Name} cannot be given beside {ResumeName}, which goes on with the settings of the run; only {allowed} can, "
                + $"and {moved} for texts that were moved");
        }

        if (string.IsNullOrEmpty(flags.GetValue(_resume))) throw new UsageException($"{ResumeName} '': the folder of a run was expected");
    }
}
