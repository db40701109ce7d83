// All settings of a training run, a row each: from here come the flags of the command and their help, the keys of settings.json and of
// configuration files, ranges, defaults, what a run that goes on may change, and docs/settings.md. The rows stand in files of the
// folder Table, in the order in which they are listed and written.

namespace GruLM;

/// <summary>The table of settings. Safe for several threads.</summary>
public static class SettingsTable
{
    /// <summary>Every setting, group by group.</summary>
    public static IReadOnlyList<Setting> All { get; } =
        [.. TextRows.All, .. ModelRows.All, .. RegularisationRows.All, .. LengthRows.All, .. LearningRows.All, .. ProgressRows.All];

    /// <summary>The setting of that name, whose words may be joined by <c>-</c> or <c>_</c>; null when there is none.</summary>
    public static Setting? Named(string name) => All.FirstOrDefault(setting => setting.Name == name.Replace('_', '-'));

    /// <summary>The setting of that property; null when there is none.</summary>
    public static Setting? OfProperty(string property) => All.FirstOrDefault(setting => setting.Property == property);
}
