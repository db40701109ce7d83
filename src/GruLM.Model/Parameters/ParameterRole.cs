// What a parameter is for. Starting values, weight decay and the choice of an optimizer follow it.

namespace GruLM.Model;

/// <summary>The roles of parameters.</summary>
public enum ParameterRole
{
    /// <summary>The embedding table [V, E].</summary>
    Embedding,

    /// <summary>Weights that a GRU layer multiplies what it reads by, [3H, E].</summary>
    InputWeights,

    /// <summary>Weights that a GRU layer multiplies its state by, [3H, H].</summary>
    RecurrentWeights,

    /// <summary>Biases of what a GRU layer reads, [3H].</summary>
    InputBias,

    /// <summary>Biases of a GRU layer's state, [3H].</summary>
    RecurrentBias,

    /// <summary>Factors γ of a layer normalisation [H].</summary>
    NormGain,

    /// <summary>Summands β of a layer normalisation [H].</summary>
    NormBias,

    /// <summary>The output layer's weights [V, H], where they are not the embedding's.</summary>
    Output,
}
