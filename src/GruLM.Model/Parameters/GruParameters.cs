// All parameters of a model in one flat buffer, with named views into it. Gradients and optimizer moments use the
// same layout, so that the optimizer, the checkpoint and the gradient norm are each one loop.
// Names, shapes and gate order (r, z, n) are PyTorch's; see docs/model.md.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>One flat float32 buffer holding every tensor of a <see cref="GruConfig"/>; gaps between views stay zero.</summary>
public sealed unsafe class GruParameters : IDisposable
{
    private readonly AlignedBuffer<float> _buffer;
    private readonly Dictionary<string, ParameterView> _byName;

    /// <summary>A zeroed set of parameters for <paramref name="config"/>.</summary>
    public GruParameters(GruConfig config)
    {
        config.Validate();
        Config = config;
        Views = Layout(config);
        _byName = Views.ToDictionary(v => v.Name);
        ParameterView last = Views[^1];

        // Sixteen more, so that a vector that begins inside the last view may end beyond it.
        _buffer = new AlignedBuffer<float>(RoundUp(last.Offset + last.Length) + 16);
    }

    /// <summary>The sizes that the buffer was laid out for.</summary>
    public GruConfig Config { get; }

    /// <summary>Every tensor, in file order.</summary>
    public IReadOnlyList<ParameterView> Views { get; }

    /// <summary>Number of parameters: the sum of the views' lengths.</summary>
    public long Count => Views.Sum(v => v.Length);

    /// <summary>Length of the flat buffer, gaps included.</summary>
    public long Length => _buffer.Length;

    /// <summary>The flat buffer.</summary>
    public float* Pointer => _buffer.Pointer;

    /// <summary>The embedding table [V, E].</summary>
    public float* Embedding => _buffer.Pointer + Views[0].Offset;

    /// <summary>The output layer's weights [V, H]: the embedding's when tied.</summary>
    public float* Output => _buffer.Pointer + (Config.TieWeights ? Views[0] : Views[^1]).Offset;

    /// <summary>The number of parameters that <paramref name="config"/> implies, without allocating them.</summary>
    public static long CountFor(GruConfig config) => Layout(config).Sum(v => v.Length);

    /// <summary>The input weights [3H, E] of a layer; gates r, z, n stacked.</summary>
    public float* WeightIh(int layer) => _buffer.Pointer + Views[1 + (4 * layer)].Offset;

    /// <summary>The recurrent weights [3H, H] of a layer.</summary>
    public float* WeightHh(int layer) => _buffer.Pointer + Views[2 + (4 * layer)].Offset;

    /// <summary>The input biases [3H] of a layer.</summary>
    public float* BiasIh(int layer) => _buffer.Pointer + Views[3 + (4 * layer)].Offset;

    /// <summary>The recurrent biases [3H] of a layer.</summary>
    public float* BiasHh(int layer) => _buffer.Pointer + Views[4 + (4 * layer)].Offset;

    /// <summary>Factors γ [H] of the normalisation of what layer <paramref name="layer"/>, not the first, reads.</summary>
    public float* NormWeight(int layer) => _buffer.Pointer + Views[NormIndex(layer)].Offset;

    /// <summary>Summands β [H] of the normalisation of what layer <paramref name="layer"/>, not the first, reads.</summary>
    public float* NormBias(int layer) => _buffer.Pointer + Views[NormIndex(layer) + 1].Offset;

    /// <summary>A tensor's elements, row-major.</summary>
    public Span<float> Span(string name)
    {
        ParameterView view = _byName[name];
        return _buffer.Slice(view.Offset, checked((int)view.Length));
    }

    /// <summary>A copy for <paramref name="config"/>, whose sizes are the same; what else it says may differ.</summary>
    public GruParameters Copy(GruConfig config)
    {
        var copy = new GruParameters(config);
        if (!copy.Views.SequenceEqual(Views))
        {
            copy.Dispose();
            throw new ArgumentException("a copy of parameters has the same sizes");
        }

        Buffer.MemoryCopy(Pointer, copy.Pointer, copy.Length * sizeof(float), Length * sizeof(float));
        return copy;
    }

    /// <summary>Sets everything to zero.</summary>
    public void Clear() => _buffer.Clear();

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    internal static List<ParameterView> Layout(GruConfig config)
    {
        var views = new List<ParameterView>();
        long offset = 0;
        void Add(string name, ParameterRole role, int layer, int rows, int columns)
        {
            views.Add(new ParameterView(name, role, layer, rows, columns, offset));
            offset = RoundUp(offset + ((long)rows * columns));
        }

        int h = config.HiddenDim;
        Add("embedding.weight", ParameterRole.Embedding, 0, config.VocabSize, config.EmbeddingDim);
        for (int l = 0; l < config.NumLayers; l++)
        {
            Add($"gru.weight_ih_l{l}", ParameterRole.InputWeights, l, 3 * h, config.InputDim(l));
            Add($"gru.weight_hh_l{l}", ParameterRole.RecurrentWeights, l, 3 * h, h);
            Add($"gru.bias_ih_l{l}", ParameterRole.InputBias, l, 3 * h, 1);
            Add($"gru.bias_hh_l{l}", ParameterRole.RecurrentBias, l, 3 * h, 1);
        }

        for (int l = 1; l < config.NumLayers && config.LayerNorm; l++)
        {
            Add($"norm.weight_l{l}", ParameterRole.NormGain, l, h, 1);
            Add($"norm.bias_l{l}", ParameterRole.NormBias, l, h, 1);
        }

        if (!config.TieWeights) Add("out.weight", ParameterRole.Output, 0, config.VocabSize, h);
        return views;
    }

    private int NormIndex(int layer) => 1 + (4 * Config.NumLayers) + (2 * (layer - 1));

    private static long RoundUp(long n) => (n + 15) / 16 * 16;
}
