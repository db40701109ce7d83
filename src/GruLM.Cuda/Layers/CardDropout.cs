// The masks of a model's dropout as kernels are given them: the streams of random numbers are those of a model on the processor.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>Which masks a pass over a batch draws; none where nothing is dropped, in evaluation. Immutable.</summary>
internal sealed class CardDropout
{
    private const double RandomValues = 9007199254740992;  // 2^53, as Philox.Uniform draws them
    private readonly Philox _random;
    private readonly double _between;

    private CardDropout(Philox random, GruConfig config, Regularisation regularisation)
    {
        (_random, _between, Locked) = (random, config.Dropout, regularisation.LockedDropout);
        Inputs = new Mask(random, regularisation.InputDropout, (int)DropoutPlace.Input);
        Outputs = new Mask(random, regularisation.OutputDropout, (int)DropoutPlace.Output);
        Rows = new Mask(random, regularisation.EmbeddingDropout, (int)DropoutPlace.Embedding);
        RowsThreshold = (ulong)Math.Ceiling(regularisation.EmbeddingDropout * RandomValues);
        Recurrent = new Mask(random, regularisation.RecurrentDropout, (int)DropoutPlace.Recurrent);
    }

    /// <summary>Nothing is dropped.</summary>
    public static CardDropout None { get; } = new(default, new GruConfig
    {
        VocabSize = 2,
        EmbeddingDim = 1,
        HiddenDim = 1,
        NumLayers = 1,
    }, new Regularisation());

    /// <summary>Whether one mask between layers serves all steps.</summary>
    public bool Locked { get; }

    /// <summary>Of what the first layer reads.</summary>
    public Mask Inputs { get; }

    /// <summary>Of what the output layer reads.</summary>
    public Mask Outputs { get; }

    /// <summary>Of rows of the embedding; what is drawn is compared with <see cref="RowsThreshold"/>.</summary>
    public Mask Rows { get; }

    /// <summary>Of 2^53; zero: no row is dropped.</summary>
    public ulong RowsThreshold { get; }

    /// <summary>Of recurrent weights.</summary>
    public Mask Recurrent { get; }

    /// <summary>That of a training run.</summary>
    public static CardDropout Of(GruConfig config, ModelOptions options) =>
        new(new Philox(options.Seed, RandomPurpose.Dropout), config, options.Regularisation);

    /// <summary>Of what layer <paramref name="layer"/>, not the first, reads.</summary>
    public Mask Between(int layer) => new(_random, _between, layer);

    /// <summary>The mask of one layer's recurrent weights.</summary>
    public Mask RecurrentOf(int layer, double probability) => new(_random, probability, (int)DropoutPlace.Recurrent + layer);
}
