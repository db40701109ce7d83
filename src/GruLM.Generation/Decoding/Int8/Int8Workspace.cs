// Memory that a decoder works in, for as many vectors at once as were asked for: activations as bytes, sums of products, and numbers on
// their way from layer to layer. Nothing of a text stays here.

using GruLM.Kernels;

namespace GruLM.Generation;

/// <summary>Buffers for some vectors. Not thread-safe.</summary>
internal sealed unsafe class Int8Workspace(Int8Weights weights) : IDisposable
{
    private const int Line = 64;

    private readonly int _units = weights.PaddedUnits;
    private int _vectors, _scored;
    private AlignedBuffer<byte> _bytes = new(0);
    private AlignedBuffer<int> _sums = new(0), _scoreSums = new(0);
    private AlignedBuffer<float> _numbers = new(0), _scales = new(0);
    private AlignedBuffer<nint> _states = new(0);

    /// <summary>Bytes from one vector of activations to the next.</summary>
    public int BytesStride { get; } =
        (Math.Max(weights.EmbeddingStride, weights.PaddedUnits) + Line - 1) / Line * Line;

    /// <summary>Sums from one vector's to the next one's.</summary>
    public int SumStride { get; } = weights.Groups * Int8Weights.GroupRows;

    /// <summary>The texts' states.</summary>
    public float** States => (float**)_states.Pointer;

    /// <summary>What a unit of each vector of inputs is worth.</summary>
    public float* Scales => _scales.Pointer;

    /// <summary>Sums of the inputs' products.</summary>
    public int* InputSums => _sums.Pointer;

    /// <summary>Sums of the states' products.</summary>
    public int* StateSums => _sums.Pointer + ((nint)_vectors * SumStride);

    /// <summary>Sums of the output layer.</summary>
    public int* ScoreSums => _scoreSums.Pointer;

    /// <summary>Input number <paramref name="m"/> as bytes.</summary>
    public byte* InputBytes(int m) => _bytes.Pointer + ((nint)m * BytesStride);

    /// <summary>The same as a span.</summary>
    public Span<byte> Input(int m) => new(InputBytes(m), BytesStride);

    /// <summary>State number <paramref name="m"/> as bytes.</summary>
    public byte* StateBytes(int m) => _bytes.Pointer + ((nint)(_vectors + m) * BytesStride);

    /// <summary>The sum of states of text or token <paramref name="m"/>.</summary>
    public float* Sum(int m) => _numbers.Pointer + ((nint)m * _units);

    /// <summary>What layer normalisation made for it.</summary>
    public float* Normal(int m) => _numbers.Pointer + ((nint)(_vectors + m) * _units);

    /// <summary>The state of a layer after token <paramref name="t"/>.</summary>
    public float* Output(int t) => _numbers.Pointer + ((nint)((2 * _vectors) + t) * _units);

    /// <summary>Makes room for <paramref name="vectors"/> at once.</summary>
    public void Reserve(int vectors)
    {
        if (vectors <= _vectors) return;
        Free();
        _vectors = vectors;
        _bytes = new AlignedBuffer<byte>(2L * vectors * BytesStride);
        _sums = new AlignedBuffer<int>(2L * vectors * SumStride);
        _numbers = new AlignedBuffer<float>(3L * vectors * _units);
        _scales = new AlignedBuffer<float>(vectors);
        _states = new AlignedBuffer<nint>(vectors);
    }

    /// <summary>Makes room for the scores of <paramref name="vectors"/>.</summary>
    public void ReserveScores(int vectors)
    {
        if (vectors <= _scored) return;
        _scoreSums.Dispose();
        _scored = vectors;
        _scoreSums = new AlignedBuffer<int>((long)vectors * weights.Output.PaddedRows);
    }

    /// <summary>Frees all memory.</summary>
    public void Dispose()
    {
        Free();
        _scoreSums.Dispose();
    }

    private void Free()
    {
        _bytes.Dispose();
        _sums.Dispose();
        _numbers.Dispose();
        _scales.Dispose();
        _states.Dispose();
    }
}
