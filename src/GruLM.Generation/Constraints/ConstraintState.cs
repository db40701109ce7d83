// Where a text stands in a grammar: the nodes that it may be at, each with what follows behind its rule. States are shared: those of the
// same nodes are one object, which keeps where each byte leads from it and which tokens fit.

namespace GruLM.Generation;

/// <summary>A state of an automaton. To all but the automaton it is immutable: keeping a reference is all that copying takes.</summary>
internal sealed class ConstraintState(ContinuationEntry[] places, bool isComplete, int least)
{
    /// <summary>The nodes before a byte.</summary>
    public ContinuationEntry[] Places => places;

    /// <summary>Whether the text may end here.</summary>
    public bool IsComplete => isComplete;

    /// <summary>A bound of the least number of tokens that make it whole; one of the tokens that fit always makes it smaller.</summary>
    public int Least => least;

    // The automaton's, which changes them under its lock.

    /// <summary>Where the bytes of each class lead, as far as that is known.</summary>
    public ConstraintState?[]? Next { get; set; }

    /// <summary>To which age of the automaton <see cref="Next"/> belongs.</summary>
    public int Age { get; set; }

    /// <summary>The tokens that fit, if they are known.</summary>
    public TokenMask? Mask { get; set; }

    /// <summary>Whether the mask was asked for since it was last thought of being dropped.</summary>
    public bool IsUsed { get; set; }
}
