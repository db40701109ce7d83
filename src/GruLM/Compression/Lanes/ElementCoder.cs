// What a frame's loop needs of the one who writes elements and of the one who reads them: both do the same to the same numbers.

using GruLM.Generation;

namespace GruLM.Compression;

/// <summary>Codes the next elements of lanes. Not thread-safe.</summary>
internal abstract class ElementCoder
{
    /// <summary>Whether what was read cannot have been written, so that there is no need to go on.</summary>
    public virtual bool IsDamaged => false;

    /// <summary>Whether the next element of a lane is a run of bytes, and not a token.</summary>
    public abstract bool IsRun(int lane, RunShare share);

    /// <summary>Codes a run of bytes.</summary>
    public abstract void Run(int lane);

    /// <summary>Codes a token, and returns it.</summary>
    public abstract int Token(int lane, TokenFrequencies next);

    /// <summary>Codes a token by a mixture, and returns it.</summary>
    public abstract int Token(int lane, TokenMixture next);
}
