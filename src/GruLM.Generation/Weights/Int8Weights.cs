// A model's weights as bytes, in the order in which decoding reads them: for each sixteen units of a layer the rows of their gates r, z and
// n follow each other, so that the gates can be computed as soon as their sums are there.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Generation;

/// <summary>An immutable copy of a model in int8. Safe for several threads until it is disposed.</summary>
internal sealed unsafe class Int8Weights : IDisposable
{
    /// <summary>Units whose gates stand together.</summary>
    public const int GroupUnits = 16;

    /// <summary>Rows of weights of these units: three gates each.</summary>
    public const int GroupRows = 3 * GroupUnits;

    private readonly AlignedBuffer<byte> _embedding;
    private readonly float[] _embeddingScales;
    private readonly Int8Matrix[] _input, _recurrent;
    private readonly AlignedBuffer<float> _biases, _norms;

    /// <summary>Makes bytes of <paramref name="parameters"/>, which are read once, for <paramref name="compute"/>.</summary>
    public Int8Weights(GruParameters parameters, Int8Compute compute)
    {
        Config = parameters.Config;
        (int h, int layers) = (Config.HiddenDim, Config.NumLayers);
        Groups = (h + GroupUnits - 1) / GroupUnits;
        (_embedding, _embeddingScales) = Embed(parameters, compute.Bias, out int stride);
        EmbeddingStride = stride;
        int[] rows = [.. Enumerable.Range(0, Groups * GroupRows).Select(SourceRow)];
        _input = new Int8Matrix[layers];
        _recurrent = new Int8Matrix[layers];
        _biases = new AlignedBuffer<float>((long)layers * Groups * 4 * GroupUnits);
        _norms = new AlignedBuffer<float>((long)layers * 2 * PaddedUnits);
        for (int l = 0; l < layers; l++)
        {
            int inputs = Config.InputDim(l);
            _input[l] = new Int8Matrix(compute, parameters.WeightIh(l), inputs, inputs, rows);
            _recurrent[l] = new Int8Matrix(compute, parameters.WeightHh(l), h, h, rows);
            CopyBiases(parameters, l);
            if (l == 0 || !Config.LayerNorm) continue;
            new ReadOnlySpan<float>(parameters.NormWeight(l), h).CopyTo(new Span<float>(Gain(l), h));
            new ReadOnlySpan<float>(parameters.NormBias(l), h).CopyTo(new Span<float>(Shift(l), h));
        }

        Output = new Int8Matrix(compute, parameters.Output, h, h, [.. Enumerable.Range(0, Config.VocabSize)]);
    }

    /// <summary>The architecture.</summary>
    public GruConfig Config { get; }

    /// <summary>Groups of units in a layer.</summary>
    public int Groups { get; }

    /// <summary>Units with those that fill the last group.</summary>
    public int PaddedUnits => Groups * GroupUnits;

    /// <summary>Bytes from one embedding to the next.</summary>
    public int EmbeddingStride { get; }

    /// <summary>The output layer.</summary>
    public Int8Matrix Output { get; }

    /// <summary>The input weights of a layer: for each group the rows of r, z, n.</summary>
    public Int8Matrix Input(int layer) => _input[layer];

    /// <summary>The recurrent weights of a layer, in the same order.</summary>
    public Int8Matrix Recurrent(int layer) => _recurrent[layer];

    /// <summary>A token's embedding as activations: E bytes, with the bias that the product wants.</summary>
    public byte* Embedding(int id) => _embedding.Pointer + ((nint)id * EmbeddingStride);

    /// <summary>What a unit of it is worth.</summary>
    public float EmbeddingScale(int id) => _embeddingScales[id];

    /// <summary>Biases of a layer: for each group b_ir + b_hr, b_iz + b_hz, b_in and b_hn of its units.</summary>
    public float* Biases(int layer) => _biases.Pointer + ((nint)layer * Groups * 4 * GroupUnits);

    /// <summary>Factors of the normalisation of what a layer reads: [<see cref="PaddedUnits"/>].</summary>
    public float* Gain(int layer) => _norms.Pointer + ((nint)layer * 2 * PaddedUnits);

    /// <summary>Summands of that normalisation.</summary>
    public float* Shift(int layer) => Gain(layer) + PaddedUnits;

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        foreach (Int8Matrix matrix in (Int8Matrix[])[.. _input, .. _recurrent, Output]) matrix.Dispose();
        _embedding.Dispose();
        _biases.Dispose();
        _norms.Dispose();
    }

    // Row number i of a layer's weights here as a row of PyTorch's layout; −1 where the last group has no unit.
    private int SourceRow(int i)
    {
        int unit = (i / GroupRows * GroupUnits) + (i % GroupUnits), gate = i / GroupUnits % 3;
        return unit < Config.HiddenDim ? (gate * Config.HiddenDim) + unit : -1;
    }

    private static (AlignedBuffer<byte> Bytes, float[] Scales) Embed(GruParameters parameters, byte bias, out int stride)
    {
        (int e, int vocab) = (parameters.Config.EmbeddingDim, parameters.Config.VocabSize);
        stride = (e + Int8Matrix.ColumnStep - 1) / Int8Matrix.ColumnStep * Int8Matrix.ColumnStep;
        var bytes = new AlignedBuffer<byte>((long)vocab * stride);
        float[] scales = new float[vocab];
        sbyte[] row = new sbyte[stride];
        for (int id = 0; id < vocab; id++)
        {
            scales[id] = Int8Rounding.Row(new ReadOnlySpan<float>(parameters.Embedding + ((nint)id * e), e), row);
            byte* destination = bytes.Pointer + ((nint)id * stride);
            for (int j = 0; j < stride; j++) destination[j] = (byte)(row[j] + bias);
        }

        return (bytes, scales);
    }

    private void CopyBiases(GruParameters parameters, int layer)
    {
        int h = Config.HiddenDim;
        float* input = parameters.BiasIh(layer), state = parameters.BiasHh(layer);
        for (int unit = 0; unit < h; unit++)
        {
            float* own = Biases(layer) + (unit / GroupUnits * 4 * GroupUnits) + (unit % GroupUnits);
            own[0] = input[unit] + state[unit];
            own[GroupUnits] = input[h + unit] + state[h + unit];
            own[2 * GroupUnits] = input[(2 * h) + unit];
            own[3 * GroupUnits] = state[(2 * h) + unit];
        }
    }
}
