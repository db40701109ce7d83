// The settings of a run as a page shows them: what has no effect in this run, or another one than its number says, is said to be so.

namespace GruLM.Report;

/// <summary>Puts settings into the words of a page.</summary>
internal static class SettingsInWords
{
    /// <summary>The rows of a table, from those of settings.json.</summary>
    public static List<(string Name, string Value)> Of(IReadOnlyList<(string Name, string Value)> settings)
    {
        bool isTimed = Value("minutes") is not null || Value("step-plan") is not (null or "");
        return [.. settings.Where(setting => setting.Name != "step-plan").Select(setting => (setting.Name, InWords(setting)))];

        string? Value(string name) => settings.Where(setting => setting.Name == name).Select(setting => setting.Value).FirstOrDefault();

        string InWords((string Name, string Value) setting) => setting.Name switch
        {
            "epochs" when isTimed => $"at most {setting.Value}, as far as the time went",
            "warmup-steps" => $"{setting.Value}, or a tenth of the run where that is less",
            "dropout" when Value("num-layers") == "1" && setting.Value != "0" => $"{setting.Value} between layers, so none in one layer",
            _ => setting.Value,
        };
    }
}
