// What all parameter updates have in common: constants, a count of updates, and state that checkpoints keep by name. AdamW.cs, Sgd.cs and
// Muon.cs are the updates. Each takes the gradients scaled (clipping) on the way in and leaves them zero; weight decay is decoupled from
// the gradient (Loshchilov and Hutter 2019) and for matrices alone; biases are left alone.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Updates parameters by their gradients. Not thread-safe; the bits do not depend on the number of threads.</summary>
internal abstract class Optimizer : IDisposable
{
    /// <summary>The name that its state has in checkpoints.</summary>
    public abstract string Name { get; }

    /// <summary>Updates made so far.</summary>
    public long Steps { get; set; }

    /// <summary>What it remembers from update to update: a name, and which tensors of a set laid out like the parameters.</summary>
    public abstract IEnumerable<OptimizerState> State { get; }

    /// <summary>One update with gradients times <paramref name="gradientScale"/>; leaves the gradients zero.</summary>
    public void Update(Compute compute, GruParameters parameters, GruParameters gradients, double learningRate, double gradientScale)
    {
        Steps++;
        Apply(compute, parameters, gradients, learningRate, gradientScale);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The update, after it was counted.</summary>
    protected abstract void Apply(Compute compute, GruParameters parameters, GruParameters gradients, double learningRate,
        double gradientScale);

    /// <summary>Frees the state.</summary>
    protected abstract void Dispose(bool disposing);
}
