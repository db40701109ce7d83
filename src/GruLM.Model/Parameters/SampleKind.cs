// What one sample of a model's text is. It is written into config.json, since evaluation follows it.

namespace GruLM.Model;

/// <summary>What a model was trained on, and so how it is evaluated.</summary>
public enum SampleKind
{
    /// <summary>One long text; the state is carried through it.</summary>
    Stream,

    /// <summary>Independent lines; each starts from a zero state and ends with the end piece.</summary>
    Lines,
}
