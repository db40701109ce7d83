// One row of the table of settings: a property of TrainingSettings with its name in files and on command lines, its kind, its range, its
// default and what it does. In Help, a word in single quotes that is the name of a property, with or without a value ('Samples = Lines'),
// refers to a setting; whoever shows the help turns it into the form that its readers type.

using System.Text.Json;

namespace GruLM;

/// <summary>A setting of a training run. Immutable, safe for several threads.</summary>
public abstract class Setting
{
    private protected Setting(string property, string name, string help) => (Property, Name, Help) = (property, name, help);

    /// <summary>The property of <see cref="TrainingSettings"/>.</summary>
    public string Property { get; }

    /// <summary>Its name in settings.json and configuration files and, behind two dashes, on command lines: <c>batch-size</c>.</summary>
    public string Name { get; }

    /// <summary>What it is about.</summary>
    public SettingGroup Group { get; internal set; }

    /// <summary>What it does, without the default.</summary>
    public string Help { get; }

    /// <summary>The default as text; null where there is none, or where <see cref="Help"/> tells it.</summary>
    public string? Default { get; internal set; }

    /// <summary>Whether it is among the few that people need first.</summary>
    public bool IsEssential { get; internal set; }

    /// <summary>Whether a run that goes on may be given another value.</summary>
    public bool MayChange { get; internal set; }

    /// <summary>Whether a run that goes on may be told another place of what it names, whose content must be what it was.</summary>
    public bool MayMove => IsPath && Property != nameof(TrainingSettings.InitFrom);

    /// <summary>Whether it names a file or folder; a report that is handed on shows no more of it than the last name.</summary>
    public bool IsPath { get; internal set; }

    /// <summary>Whether a model that training starts from decides it.</summary>
    public bool IsOfModel { get; internal set; }

    /// <summary>What stands for a value in help, such as N; null for a switch.</summary>
    public abstract string? Placeholder { get; }

    /// <summary>Whether several values may be given.</summary>
    public abstract bool IsList { get; }

    /// <summary>Reads a value from words and returns what puts it into settings. For a switch, no word means true, and <c>false</c>
    /// false.</summary>
    /// <exception cref="FormatException">The words are no such value; the message says what was expected.</exception>
    public abstract Func<TrainingSettings, TrainingSettings> Parse(IReadOnlyList<string> words);

    /// <summary>Reads a value from JSON and returns what puts it into settings.</summary>
    /// <exception cref="FormatException">It is no such value; the message says what was expected.</exception>
    public abstract Func<TrainingSettings, TrainingSettings> Read(JsonElement json);

    /// <summary>Writes the setting as a member of an object; nothing where it is left open.</summary>
    public abstract void Write(Utf8JsonWriter json, TrainingSettings settings);

    /// <summary>The value as a person would type it; empty where it is left open.</summary>
    public abstract string Text(TrainingSettings settings);

    /// <summary>Settings with the value that <paramref name="other"/> has.</summary>
    internal abstract TrainingSettings Copy(TrainingSettings other, TrainingSettings to);

    /// <summary>What is wrong with the value; null when it is within its range.</summary>
    public abstract string? Problem(TrainingSettings settings);
}
