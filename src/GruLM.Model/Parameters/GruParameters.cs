// All parameters of a model in one flat buffer, with named views into it. Gradients and optimizer moments use the
// same layout, so that the optimizer, the checkpoint and the gradient norm are each one loop.
// Names, shapes and gate order (r, z, n) are PyTorch's; see docs/model.md.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Every tensor of a <see cref="GruConfig"/> in one flat float32 buffer; gaps between them stay zero. What is read is copied out
/// and what is written is copied in. Safe for several threads as long as none writes, and none disposes it while another uses it. The
/// memory is freed by <see cref="Dispose"/> alone; whatever needs it afterwards throws <see cref="ObjectDisposedException"/>.</summary>
public sealed unsafe class GruParameters : IDisposable
{
    private readonly AlignedBuffer<float> _buffer;
    private readonly Dictionary<string, ParameterView> _byName;
    private readonly bool _isShared;

    /// <summary>A zeroed set of parameters for <paramref name="config"/>. Throws what <see cref="GruConfig.Validate"/> throws, and
    /// <see cref="OutOfMemoryException"/> when the system has no memory for them.</summary>
    public GruParameters(GruConfig config)
    {
        config.Validate();
        Config = config;
        Views = Layout(config);
        _byName = Views.ToDictionary(v => v.Name);
        ParameterView last = Views[^1];

        // Sixteen more, so that a vector that begins inside the last view may end beyond it.
        _buffer = new AlignedBuffer<float>(RoundUp(last.Offset + last.Length) + 16, nameof(GruParameters));
    }

    private GruParameters(GruParameters owner)
    {
        (Config, Views, _byName, _buffer) = (owner.Config, owner.Views, owner._byName, owner._buffer);
        _isShared = true;
    }

    /// <summary>The sizes that the buffer was laid out for.</summary>
    public GruConfig Config { get; }

    /// <summary>Every tensor, in file order.</summary>
    public IReadOnlyList<ParameterView> Views { get; }

    /// <summary>Number of parameters: the sum of the views' lengths.</summary>
    public long Count => Views.Sum(v => v.Length);

    /// <summary>Grows with every change that was told of: copies elsewhere see by it whether they are old.</summary>
    internal long Version { get; private set; }

    /// <summary>Length of the flat buffer, gaps included.</summary>
    internal long Length => _buffer.Length;

    /// <summary>The flat buffer.</summary>
    internal float* Pointer => _buffer.Pointer;

    /// <summary>The embedding table [V, E].</summary>
    internal float* Embedding => _buffer.Pointer + Views[0].Offset;

    /// <summary>The output layer's weights [V, H]: the embedding's when tied.</summary>
    internal float* Output => _buffer.Pointer + (Config.TieWeights ? Views[0] : Views[^1]).Offset;

    /// <summary>The number of parameters that <paramref name="config"/> implies, without allocating them.</summary>
    public static long CountFor(GruConfig config) => Layout(config).Sum(v => v.Length);

    /// <summary>The input weights [3H, E] of a layer; gates r, z, n stacked.</summary>
    internal float* WeightIh(int layer) => _buffer.Pointer + Views[1 + (4 * layer)].Offset;

    /// <summary>The recurrent weights [3H, H] of a layer.</summary>
    internal float* WeightHh(int layer) => _buffer.Pointer + Views[2 + (4 * layer)].Offset;

    /// <summary>The input biases [3H] of a layer.</summary>
    internal float* BiasIh(int layer) => _buffer.Pointer + Views[3 + (4 * layer)].Offset;

    /// <summary>The recurrent biases [3H] of a layer.</summary>
    internal float* BiasHh(int layer) => _buffer.Pointer + Views[4 + (4 * layer)].Offset;

    /// <summary>Factors γ [H] of the normalisation of what layer <paramref name="layer"/>, not the first, reads.</summary>
    internal float* NormWeight(int layer) => _buffer.Pointer + Views[NormIndex(layer)].Offset;

    /// <summary>Summands β [H] of the normalisation of what layer <paramref name="layer"/>, not the first, reads.</summary>
    internal float* NormBias(int layer) => _buffer.Pointer + Views[NormIndex(layer) + 1].Offset;

    /// <summary>A copy of a tensor's elements, row-major: [rows, columns] of its view. Throws <see cref="ArgumentException"/> when there is
    /// no tensor of that name.</summary>
    public float[] Read(string name) => Span(name).ToArray();

    /// <summary>Sets a tensor's elements, row-major. Throws <see cref="ArgumentException"/> when there is no tensor of that name, or when
    /// it has another number of elements. A model whose parameters these are is told by
    /// <see cref="GruLanguageModel.ParametersChanged"/>.</summary>
    public void Write(string name, ReadOnlySpan<float> values)
    {
        Span<float> own = Span(name);
        if (values.Length != own.Length)
        {
            throw new ArgumentException($"{name} has {own.Length} numbers, and {values.Length} were given", nameof(values));
        }

        values.CopyTo(own);
        Changed();
    }

    /// <summary>A copy for <paramref name="config"/>, whose sizes are the same; what else it says may differ. Throws
    /// <see cref="ArgumentException"/> for other sizes.</summary>
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

    /// <summary>The same numbers in the same memory, for another model that only reads them. They are there until these parameters are
    /// disposed; disposing what is returned frees nothing.</summary>
    internal GruParameters Shared() => new(this);

    /// <summary>Sets everything to zero.</summary>
    public void Clear()
    {
        _buffer.Clear();
        Changed();
    }

    /// <summary>Says that the values have changed.</summary>
    internal void Changed() => Version++;

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        if (!_isShared) _buffer.Dispose();
    }

    /// <summary>A tensor's elements, row-major, where they lie: not to be touched after <see cref="Dispose"/>.</summary>
    internal Span<float> Span(string name)
    {
        if (!_byName.TryGetValue(name, out ParameterView? view)) throw new ArgumentException($"there is no tensor {name}", nameof(name));
        return _buffer.Slice(view.Offset, checked((int)view.Length));
    }

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
