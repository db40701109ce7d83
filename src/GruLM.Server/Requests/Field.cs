// A field that requests may have: its name, what it holds, its range, and what it means. Reading, refusing and /openapi.json all come from
// these.

namespace GruLM.Server;

/// <summary>What a field holds.</summary>
internal enum FieldKind
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>A text, or several.</summary>
    Texts,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>True or false.</summary>
    Switch,

    /// <summary>An object.</summary>
    Object,

    /// <summary>A list.</summary>
    List,

    /// <summary>Several of these, as the help says.</summary>
    Any,

    /// <summary>Something that other servers understand and that changes nothing here.</summary>
    Ignored,
}

/// <summary>A field. Immutable.</summary>
/// <param name="Name">Its name in JSON.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Help">What it means.</param>
/// <param name="Least">The least number, or for a text the fewest characters.</param>
/// <param name="Most">The largest number, or for texts the most of them.</param>
internal sealed record Field(
    string Name, FieldKind Kind, string Help, double Least = double.NegativeInfinity, double Most = double.PositiveInfinity)
{
    /// <summary>Whether a request must have it.</summary>
    public bool IsNeeded { get; init; }

    /// <summary>The fields of what it holds, where that is an object whose fields are known; otherwise none.</summary>
    public IReadOnlyList<Field> Fields { get; init; } = [];

    /// <summary>A field that changes nothing.</summary>
    public static Field Ignored(string name) => new(name, FieldKind.Ignored, "taken and not used");
}
