// The last constraint that was asked for. Programs mostly ask for one and the same again and again, and its second text costs far less than
// its first.

namespace GruLM;

/// <summary>Keeps one constraint. Safe for several threads.</summary>
internal sealed class KeptConstraint
{
    private volatile TextConstraint? _last;

    /// <summary>The constraint of a JSON schema: the last one where it was made of the same text.</summary>
    /// <exception cref="ArgumentException">It is no schema, or has a keyword that is not understood.</exception>
    public TextConstraint JsonSchema(string schema)
    {
        TextConstraint? last = _last;
        if (last?.Source == schema) return last;
        last = TextConstraint.JsonSchema(schema);
        _last = last;
        return last;
    }
}
