// The optimizers that a run can be trained with.

namespace GruLM;

/// <summary>What updates the weights.</summary>
public enum OptimizerKind
{
    /// <summary>Adam with decoupled weight decay.</summary>
    AdamW,

    /// <summary>Gradient descent with momentum.</summary>
    Sgd,

    /// <summary>Orthogonalised momentum for the GRU's matrices, AdamW for the rest.</summary>
    Muon,
}
