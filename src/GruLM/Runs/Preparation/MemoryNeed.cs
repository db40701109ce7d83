// What a training run will need in memory, so that sizes far beyond the machine are refused before anything is allocated.

using GruLM.Model;
using GruLM.Training;

namespace GruLM;

/// <summary>Estimates memory from sizes alone. Safe for several threads.</summary>
public static class MemoryNeed
{
    // More tokens in a batch than this would overflow the sizes of its buffers.
    private const int MostTokensABatch = 1 << 28;

    /// <summary>Bytes that training takes: parameters, gradients, two moments and two packed copies, activations of a batch, a chunk of
    /// logits.</summary>
    public static double TrainingBytes(GruConfig config, TrainingOptions options)
    {
        double parameters = GruParameters.CountFor(config);
        double tokens = (double)options.BatchSize * options.LongestWindow;
        double perUnit = 7 + (config.LayerNorm ? 1 : 0) + (config.Residual ? 1 : 0);
        double layers = config.NumLayers * perUnit * config.HiddenDim;
        double activations = tokens * ((2.0 * config.EmbeddingDim) + layers + (4.0 * config.HiddenDim));
        double logits = Math.Max(256.0 * config.VocabSize, 1 << 22) * 2;
        return sizeof(float) * ((6 * parameters) + activations + logits);
    }

    /// <summary>Throws <see cref="ArgumentException"/> when training would not fit into this machine's memory.</summary>
    public static void Check(GruConfig config, TrainingOptions options)
    {
        if ((double)options.BatchSize * options.Bptt > MostTokensABatch)
        {
            throw new ArgumentException(
                $"a batch of {options.BatchSize} x {options.Bptt} tokens is more than {MostTokensABatch}; "
                + "choose a smaller 'BatchSize' or 'Bptt'");
        }

        const double Gigabyte = 1e9;
        double needed = TrainingBytes(config, options) / Gigabyte;
        double present = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / Gigabyte;
        if (needed > present)
        {
            throw new ArgumentException(
                $"a model of these sizes needs about {needed:F1} GB to train, and this machine has {present:F1} GB; "
                + "choose a smaller 'VocabSize', 'EmbeddingDim', 'HiddenDim', 'NumLayers', 'BatchSize' or 'Bptt'");
        }
    }
}
