// How far a normaliser has come in a text that comes in chunks, so that it can stop anywhere and go on.
namespace GruLM.Tokenization;

/// <summary>How far a normaliser has come in a text that is handed over in chunks.</summary>
internal struct NormalizerProgress
{
    /// <summary>Where the unread part of the current chunk begins.</summary>
    public int Position;

    /// <summary>The input offset of the current chunk's first byte.</summary>
    public int ChunkOffset;

    /// <summary>Set once the first unit that is not a leading space has been met.</summary>
    public bool Started;

    /// <summary>Set while spaces are being collapsed.</summary>
    public bool AfterSpace;

    /// <summary>Set when the whole text has been written.</summary>
    public bool Complete;
}
