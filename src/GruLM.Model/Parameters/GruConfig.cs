// The architecture of a model: the numbers that fix the shape of every tensor.

namespace GruLM.Model;

/// <summary>Sizes of a stacked-GRU language model: embedding [V, E], L GRU layers of H units, output layer [V, H]. Immutable, and so
/// safe for several threads.</summary>
public sealed record GruConfig
{
    /// <summary>The largest embedding or hidden size accepted.</summary>
    public const int MaxWidth = 16384;

    /// <summary>The largest vocabulary accepted.</summary>
    public const int MaxVocabSize = 1 << 22;

    /// <summary>The largest number of layers accepted.</summary>
    public const int MaxLayers = 64;

    /// <summary>Number of distinct token ids, V.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Length of an embedding vector, E.</summary>
    public required int EmbeddingDim { get; init; }

    /// <summary>Units in each GRU layer, H.</summary>
    public required int HiddenDim { get; init; }

    /// <summary>Number of stacked GRU layers, L.</summary>
    public required int NumLayers { get; init; }

    /// <summary>Probability with which an output of a layer is dropped on its way to the next while training. 0 for a single
    /// layer.</summary>
    public double Dropout { get; init; }

    /// <summary>Whether the output layer shares the embedding's weights (needs E = H).</summary>
    public bool TieWeights { get; init; }

    /// <summary>Whether what a layer above the first reads is layer-normalised.</summary>
    public bool LayerNorm { get; init; }

    /// <summary>Whether a layer above the first adds its states to what the layer below hands it, instead of replacing that.</summary>
    public bool Residual { get; init; }

    /// <summary>Whether a sample that is a line was framed in training: a token that opens it is fed first, and a piece that ends it is
    /// predicted last. Where not, a line's first token is not predicted. False for models of other programs alone.</summary>
    public bool Opening { get; init; } = true;

    /// <summary>Length of layer <paramref name="layer"/>'s input.</summary>
    public int InputDim(int layer) => layer == 0 ? EmbeddingDim : HiddenDim;

    /// <summary>Throws <see cref="ArgumentException"/>, naming the property and what is allowed, when no model can have these
    /// sizes.</summary>
    public void Validate()
    {
        Setting.InRange(VocabSize, 2, MaxVocabSize, nameof(VocabSize));
        Setting.InRange(EmbeddingDim, 1, MaxWidth, nameof(EmbeddingDim));
        Setting.InRange(HiddenDim, 1, MaxWidth, nameof(HiddenDim));
        Setting.InRange(NumLayers, 1, MaxLayers, nameof(NumLayers));
        int width = Math.Max(EmbeddingDim, HiddenDim);
        if ((long)VocabSize * width > int.MaxValue)
        {
            string wider = HiddenDim > EmbeddingDim ? nameof(HiddenDim) : nameof(EmbeddingDim);
            throw new ArgumentException(
                $"'{nameof(VocabSize)}' of {VocabSize} times '{wider}' of {width} is more than {int.MaxValue} numbers in one tensor; "
                + "choose smaller ones");
        }

        Setting.Share(Dropout, nameof(Dropout));
        if (TieWeights && EmbeddingDim != HiddenDim)
        {
            throw new ArgumentException(
                $"'HiddenDim' must equal 'EmbeddingDim' when 'TieWeights' is set, and they are {HiddenDim} and {EmbeddingDim}: "
                + "make them equal or set 'TieWeights = false'");
        }
    }
}
