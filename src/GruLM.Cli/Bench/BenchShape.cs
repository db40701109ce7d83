// The sizes that grulm bench train, gru and generate measure.

using GruLM.Generation;
using GruLM.Model;

namespace GruLM.Cli.Bench;

/// <summary>The sizes of a model and of its batches. <paramref name="Sessions"/> are texts that are written at once.</summary>
internal sealed record BenchShape(int Vocab, int Embedding, int Hidden, int Layers, int Batch, int Bptt, int Steps, int Sessions = 1)
{
    /// <summary>The numbers that texts are written in.</summary>
    public WeightFormat Weights { get; init; } = WeightFormat.Int8;

    /// <summary>Tokens of a prompt that is read; 0: none is.</summary>
    public int PromptTokens { get; init; }

    /// <summary>The language model of this shape, tied where it can be.</summary>
    public GruConfig Config =>
        new() { VocabSize = Vocab, EmbeddingDim = Embedding, HiddenDim = Hidden, NumLayers = Layers, TieWeights = Embedding == Hidden };
}
