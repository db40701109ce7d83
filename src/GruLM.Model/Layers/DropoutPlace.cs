// Where in a model dropout draws random numbers, so that no two places draw the same.

namespace GruLM.Model;

/// <summary>Places of dropout besides those between layers, which are 1 … L − 1.</summary>
internal enum DropoutPlace
{
    /// <summary>What the first layer reads.</summary>
    Input = 0,

    /// <summary>The recurrent weights of the first layer; the others' follow.</summary>
    Recurrent = 0x4000,

    /// <summary>What the output layer reads.</summary>
    Output = 0x7000,

    /// <summary>Rows of the embedding.</summary>
    Embedding = 0x7001,
}
