// Generation: one model step a token, with the state carried. A session is a state and the buffers to advance it; the weights
// are the model's own, read in place, so many sessions share one copy. Decoding is bound by reading weights once a token.

using System.Runtime.Intrinsics;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Generation;

/// <summary>One text being read or written by a model. Not thread-safe; parameters and compute stay the caller's.</summary>
public sealed unsafe class DecodingSession : IDisposable
{
    private readonly GruParameters parameters;
    private readonly Compute compute;
    private readonly AlignedBuffer<float> state;
    private readonly AlignedBuffer<float> inputGates;
    private readonly AlignedBuffer<float> stateGates;
    private readonly AlignedBuffer<float> logits;
    private readonly AlignedBuffer<float> normal;
    private readonly AlignedBuffer<float> sum;
    private readonly int padded;

    /// <summary>A session with a zero state.</summary>
    public DecodingSession(GruParameters parameters, Compute compute)
    {
        this.parameters = parameters;
        this.compute = compute;
        padded = (Config.HiddenDim + 15) / 16 * 16;
        state = new AlignedBuffer<float>((long)Config.NumLayers * padded);
        inputGates = new AlignedBuffer<float>((3L * Config.HiddenDim) + 16);
        stateGates = new AlignedBuffer<float>((3L * Config.HiddenDim) + 16);
        logits = new AlignedBuffer<float>(Config.VocabSize);
        normal = new AlignedBuffer<float>(padded);
        sum = new AlignedBuffer<float>(padded);
    }

    /// <summary>The model's architecture.</summary>
    public GruConfig Config => parameters.Config;

    /// <summary>Reads one token, advancing the state. Throws <see cref="ArgumentOutOfRangeException"/> for an id outside the vocabulary.</summary>
    public void Read(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, Config.VocabSize);
        float* x = parameters.Embedding + ((long)id * Config.EmbeddingDim);
        int h = Config.HiddenDim;
        for (int l = 0; l < Config.NumLayers; l++)
        {
            if (l > 0) x = Output(l - 1);
            if (l > 0 && Config.LayerNorm)
            {
                LayerNorm.Row(x, h, parameters.NormWeight(l), parameters.NormBias(l), normal.Pointer);
                x = normal.Pointer;
            }

            float* layerState = state.Pointer + ((long)l * padded);
            int inputDim = Config.InputDim(l);
            compute.MultiplyVector(parameters.WeightIh(l), inputDim, 3 * h, inputDim, x, inputGates.Pointer);
            compute.MultiplyVector(parameters.WeightHh(l), h, 3 * h, h, layerState, stateGates.Pointer);
            Gates(parameters.BiasIh(l), parameters.BiasHh(l), layerState);
        }
    }

    /// <summary>Scores of the next token: [V], valid until the next call.</summary>
    public ReadOnlySpan<float> Logits()
    {
        compute.MultiplyVector(parameters.Output, Config.HiddenDim, Config.VocabSize, Config.HiddenDim, Output(Config.NumLayers - 1), logits.Pointer);
        return logits.Span;
    }

    /// <summary>Copies the state, the model's whole memory, out: [L, H].</summary>
    public float[] SaveState()
    {
        var copy = new float[Config.NumLayers * Config.HiddenDim];
        for (int l = 0; l < Config.NumLayers; l++) state.Slice((long)l * padded, Config.HiddenDim).CopyTo(copy.AsSpan(l * Config.HiddenDim));
        return copy;
    }

    /// <summary>Sets the state to one saved before: [L, H].</summary>
    public void RestoreState(ReadOnlySpan<float> saved)
    {
        if (saved.Length != Config.NumLayers * Config.HiddenDim)
            throw new ArgumentException($"the state has {saved.Length} numbers; this model's has {Config.NumLayers} x {Config.HiddenDim}");
        for (int l = 0; l < Config.NumLayers; l++) saved.Slice(l * Config.HiddenDim, Config.HiddenDim).CopyTo(state.Slice((long)l * padded, Config.HiddenDim));
    }

    /// <summary>Sets the state to zero.</summary>
    public void Reset() => state.Clear();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in (AlignedBuffer<float>[])[state, inputGates, stateGates, logits, normal, sum]) buffer.Dispose();
    }

    // What layer l hands on: its state, and with residual connections those below it too.
    private float* Output(int l)
    {
        if (!Config.Residual) return state.Pointer + ((long)l * padded);
        sum.Clear();
        for (int below = 0; below <= l; below++)
            System.Numerics.Tensors.TensorPrimitives.Add(sum.Span, state.Slice((long)below * padded, padded), sum.Span);
        return sum.Pointer;
    }

    private void Gates(float* biasIh, float* biasHh, float* layerState)
    {
        switch (compute.Path)
        {
            case KernelPath.Vector512: GateStep<Simd512, Vector512<float>>(biasIh, biasHh, layerState); break;
            case KernelPath.Vector256: GateStep<Simd256, Vector256<float>>(biasIh, biasHh, layerState); break;
            case KernelPath.Vector128: GateStep<Simd128, Vector128<float>>(biasIh, biasHh, layerState); break;
            default: GateStep<Simd1, float>(biasIh, biasHh, layerState); break;
        }
    }

    // The equations of GruLayer.cs for all units; the last vector may run over the end of the gates into their padding.
    private void GateStep<S, V>(float* biasIh, float* biasHh, float* layerState)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        int h = Config.HiddenDim;
        float* a = inputGates.Pointer, b = stateGates.Pointer;
        float* tail = stackalloc float[S.Width];
        for (int j = 0; j < h; j += S.Width)
        {
            V r = VectorMath<S, V>.Sigmoid(S.Add(S.Add(S.Load(a + j), S.Load(biasIh + j)), S.Add(S.Load(b + j), S.Load(biasHh + j))));
            V z = VectorMath<S, V>.Sigmoid(S.Add(S.Add(S.Load(a + h + j), S.Load(biasIh + h + j)), S.Add(S.Load(b + h + j), S.Load(biasHh + h + j))));
            V q = S.Add(S.Load(b + (2 * h) + j), S.Load(biasHh + (2 * h) + j));
            V n = VectorMath<S, V>.Tanh(S.MultiplyAdd(r, q, S.Add(S.Load(a + (2 * h) + j), S.Load(biasIh + (2 * h) + j))));
            V after = S.MultiplyAdd(z, S.Subtract(S.Load(layerState + j), n), n);
            if (j + S.Width <= h)
            {
                S.Store(layerState + j, after);
                continue;
            }

            // Padded units stay zero.
            S.Store(tail, after);
            for (int i = 0; j + i < h; i++) layerState[j + i] = tail[i];
        }
    }
}
