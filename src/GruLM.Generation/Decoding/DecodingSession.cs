// Generation: one model step a token, with the state carried. A session is a state and the buffers to advance it; the weights
// are the model's own, read in place, so many sessions share one copy. Decoding is bound by reading weights once a token.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Generation;

/// <summary>One text being read or written by a model. Parameters and compute stay the caller's, and are disposed after it. Not
/// thread-safe: several threads have a session each, over the same parameters and compute. After <see cref="Dispose"/>, which must not be
/// called while another thread reads a token, every method throws <see cref="ObjectDisposedException"/>.</summary>
public sealed unsafe class DecodingSession : IDecodingSession
{
    private readonly GruParameters _parameters;
    private readonly Compute _compute;
    private readonly AlignedBuffer<float> _state;
    private readonly AlignedBuffer<float> _inputGates;
    private readonly AlignedBuffer<float> _stateGates;
    private readonly AlignedBuffer<float> _normal;
    private readonly AlignedBuffer<float> _sum;
    private readonly int _padded;

    // Managed, since it is handed out: whoever holds it may read it as long as he likes.
    private readonly float[] _logits;
    private bool _disposed;

    /// <summary>A session with a zero state.</summary>
    public DecodingSession(GruParameters parameters, Compute compute)
    {
        _parameters = parameters;
        _compute = compute;
        _padded = (Config.HiddenDim + 15) / 16 * 16;
        _state = new AlignedBuffer<float>((long)Config.NumLayers * _padded);
        _inputGates = new AlignedBuffer<float>((3L * Config.HiddenDim) + 16);
        _stateGates = new AlignedBuffer<float>((3L * Config.HiddenDim) + 16);
        _logits = GC.AllocateArray<float>(Config.VocabSize, pinned: true);
        _normal = new AlignedBuffer<float>(_padded);
        _sum = new AlignedBuffer<float>(_padded);
    }

    /// <summary>The model's architecture.</summary>
    public GruConfig Config => _parameters.Config;

    /// <summary>Reads one token, advancing the state. Throws <see cref="ArgumentOutOfRangeException"/> for an id outside the
    /// vocabulary.</summary>
    public void Read(int id)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, Config.VocabSize);
        float* x = _parameters.Embedding + ((long)id * Config.EmbeddingDim);
        int h = Config.HiddenDim;
        for (int l = 0; l < Config.NumLayers; l++)
        {
            if (l > 0) x = Output(l - 1);
            if (l > 0 && Config.LayerNorm)
            {
                LayerNorm.Row(_compute, x, h, _parameters.NormWeight(l), _parameters.NormBias(l), _normal.Pointer);
                x = _normal.Pointer;
            }

            float* layerState = _state.Pointer + ((long)l * _padded);
            int inputDim = Config.InputDim(l);
            _compute.MultiplyVector(_parameters.WeightIh(l), inputDim, 3 * h, inputDim, x, _inputGates.Pointer);
            _compute.MultiplyVector(_parameters.WeightHh(l), h, 3 * h, h, layerState, _stateGates.Pointer);
            var cell = new CellWork
            {
                InputGates = _inputGates.Pointer,
                StateGates = _stateGates.Pointer,
                BiasIh = _parameters.BiasIh(l),
                BiasHh = _parameters.BiasHh(l),
                State = layerState,
                Units = h,
            };
            KernelDispatch.Run<CellWork, int>(_compute.Path, cell);
        }
    }

    /// <summary>Scores of the next token: [V]. The next call writes into the same memory, which otherwise lasts as long as anyone holds
    /// it.</summary>
    public ReadOnlySpan<float> Logits()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        fixed (float* logits = _logits)
        {
            float* top = Output(Config.NumLayers - 1);
            _compute.MultiplyVector(_parameters.Output, Config.HiddenDim, Config.VocabSize, Config.HiddenDim, top, logits);
        }

        return _logits;
    }

    /// <summary>Copies the state, the model's whole memory, out: [L, H].</summary>
    public float[] SaveState()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        float[] copy = new float[Config.NumLayers * Config.HiddenDim];
        for (int l = 0; l < Config.NumLayers; l++)
        {
            _state.Slice((long)l * _padded, Config.HiddenDim).CopyTo(copy.AsSpan(l * Config.HiddenDim));
        }

        return copy;
    }

    /// <summary>Sets the state to one saved before: [L, H]. Throws <see cref="ArgumentException"/> for one of another size.</summary>
    public void RestoreState(ReadOnlySpan<float> saved)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (saved.Length != Config.NumLayers * Config.HiddenDim)
        {
            throw new ArgumentException($"the state has {saved.Length} numbers; this model's has {Config.NumLayers} x {Config.HiddenDim}");
        }

        for (int l = 0; l < Config.NumLayers; l++)
        {
            saved.Slice(l * Config.HiddenDim, Config.HiddenDim).CopyTo(_state.Slice((long)l * _padded, Config.HiddenDim));
        }
    }

    /// <summary>Sets the state to zero.</summary>
    public void Reset()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _state.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        foreach (AlignedBuffer<float> buffer in (AlignedBuffer<float>[])[_state, _inputGates, _stateGates, _normal, _sum])
        {
            buffer.Dispose();
        }
    }

    // What layer l hands on: its state, and with residual connections those below it too.
    private float* Output(int l)
    {
        if (!Config.Residual) return _state.Pointer + ((long)l * _padded);
        _sum.Clear();
        var sum = new SumWork { States = _state.Pointer, Sum = _sum.Pointer, Count = l + 1, Length = _padded };
        KernelDispatch.Run<SumWork, int>(_compute.Path, sum);
        return _sum.Pointer;
    }

    // The equations of GruLayer.cs for all units; the last vector may run over the end of the gates into their padding.
    private struct CellWork : ISimdWork<int>
    {
        public float* InputGates, StateGates, BiasIh, BiasHh, State;
        public int Units;

        public readonly int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            int h = Units;
            float* a = InputGates, b = StateGates;
            float* tail = stackalloc float[S.Width];
            for (int j = 0; j < h; j += S.Width)
            {
                V r = S.Add(S.Add(S.Load(a + j), S.Load(BiasIh + j)), S.Add(S.Load(b + j), S.Load(BiasHh + j)));
                V z = S.Add(
                    S.Add(S.Load(a + h + j), S.Load(BiasIh + h + j)), S.Add(S.Load(b + h + j), S.Load(BiasHh + h + j)));
                V n = S.Add(S.Load(a + (2 * h) + j), S.Load(BiasIh + (2 * h) + j));
                V q = S.Add(S.Load(b + (2 * h) + j), S.Load(BiasHh + (2 * h) + j));
                V after = GruCell<S, V>.State(GruCell<S, V>.Gates(r, z, n, q), S.Load(State + j));
                if (j + S.Width <= h)
                {
                    S.Store(State + j, after);
                    continue;
                }

                // Padded units stay zero.
                S.Store(tail, after);
                for (int i = 0; j + i < h; i++) State[j + i] = tail[i];
            }

            return h;
        }
    }

    // The sum of the states of the first layers.
    private struct SumWork : ISimdWork<int>
    {
        public float* States, Sum;
        public int Count, Length;

        public readonly int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            for (int l = 0; l < Count; l++)
            {
                float* state = States + ((long)l * Length);
                for (int j = 0; j < Length; j += S.Width) S.Store(Sum + j, S.Add(S.Load(Sum + j), S.Load(state + j)));
            }

            return Count;
        }
    }
}
