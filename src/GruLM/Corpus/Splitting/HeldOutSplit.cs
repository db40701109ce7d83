// Which samples of a text are held out.

namespace GruLM.Corpus;

/// <summary>Which lines or records of a text are held out.</summary>
public enum HeldOutSplit
{
    /// <summary>Some from all over the text, drawn by the seed.</summary>
    Random,

    /// <summary>Those at its end.</summary>
    Last,
}
