// What random numbers are drawn for: each purpose has a sequence of its own, so that none depends on how many others were drawn.

namespace GruLM.Kernels;

/// <summary>What a random number is drawn for: separate streams under one seed.</summary>
internal enum RandomPurpose
{
    /// <summary>Initial parameter values.</summary>
    Initialisation = 1,

    /// <summary>Dropout masks.</summary>
    Dropout = 2,

    /// <summary>The order of samples in an epoch.</summary>
    Shuffle = 3,

    /// <summary>Choosing the next token.</summary>
    Sampling = 4,

    /// <summary>The lengths of windows.</summary>
    WindowLength = 5,
}
