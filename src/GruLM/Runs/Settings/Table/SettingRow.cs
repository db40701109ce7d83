// How a row of the table is written down.

using System.Runtime.CompilerServices;

namespace GruLM;

/// <summary>Makes rows.</summary>
internal static class SettingRow
{
    private static readonly TrainingSettings s_defaults = new();

    /// <summary>A row. The property's name is taken from <paramref name="get"/>, which is written as <c>s =&gt; s.Property</c>.</summary>
    public static SettingOf<T> Of<T>(
        string name, SettingValue<T> value, Func<TrainingSettings, T> get, Func<TrainingSettings, T, TrainingSettings> with, string help,
        [CallerArgumentExpression(nameof(get))] string property = "")
    {
        T byDefault = get(s_defaults);
        string text = value.IsLeftOpen(byDefault) ? value.Text(byDefault) : ShownDefault(value, byDefault);
        return new SettingOf<T>(property[(property.LastIndexOf('.') + 1)..], name, help, new SettingAccess<T>(get, with), value)
        {
            Default = text.Length == 0 ? null : text,
        };
    }

    /// <summary>Counts it among the settings that people need first.</summary>
    public static Setting Essential(this Setting row)
    {
        row.IsEssential = true;
        return row;
    }

    /// <summary>Lets a run that goes on be given another value.</summary>
    public static Setting MayChange(this Setting row)
    {
        row.MayChange = true;
        return row;
    }

    /// <summary>Says that it names files.</summary>
    public static Setting NamingFiles(this Setting row)
    {
        row.IsPath = true;
        return row;
    }

    /// <summary>Says that a model that training starts from decides it.</summary>
    public static Setting OfModel(this Setting row)
    {
        row.IsOfModel = true;
        return row;
    }

    /// <summary>Puts rows into a group.</summary>
    public static IEnumerable<Setting> In(this Setting[] rows, SettingGroup group)
    {
        foreach (Setting row in rows)
        {
            row.Group = group;
            yield return row;
        }
    }

    // That a switch is off goes without saying.
    private static string ShownDefault<T>(SettingValue<T> value, T byDefault) => byDefault is false ? "" : value.Text(byDefault);
}
