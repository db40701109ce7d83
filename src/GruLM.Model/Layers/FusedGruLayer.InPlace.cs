// The fused layer for few tokens in few lanes, a line of text at a time: packing weights would take longer than using them, so everything
// is computed from W_ih and W_hh where they lie. Projections are made transposed, W_ih Xᵀ, because then the weights are the side that is
// read in place by rows; a step is matrix times vector, forwards row by row and backwards column by column.
// Gate math is that of FusedGruLayer.Steps.cs. float32 only.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

internal abstract unsafe partial class FusedGruLayer
{
    // Below so many multiply-adds a step another thread would come too late to help.
    private const long SharedStep = 1 << 15;
    private readonly AlignedBuffer<float> _transposedInput;
    private readonly AlignedBuffer<float> _transposedGates;
    private float* _inputWeights;
    private float* _recurrentWeights;

    /// <summary>Whether the weights are read where they lie; <see cref="ReadPacked"/> ends that.</summary>
    protected bool InPlace => _recurrentWeights != null;

    protected float* RecurrentWeights => _recurrentWeights;

    /// <summary>Reads the weights of layer <paramref name="layer"/> where they lie from now on, for batches that <see cref="FewTokens"/>
    /// allows.</summary>
    public void ReadInPlace(GruParameters parameters, int layer)
    {
        _inputWeights = parameters.WeightIh(layer);
        _recurrentWeights = parameters.WeightHh(layer);
        SetBiases(parameters.BiasIh(layer), parameters.BiasHh(layer));
    }

    /// <summary>Uses the packed weights again, as they are.</summary>
    public void ReadPacked() => _recurrentWeights = null;

    /// <summary>Runs a step's items. In place each thread has the same weights to read at every step, so that they stay in its own caches;
    /// a small step is done by this thread alone.</summary>
    protected void Run<TJob>(ref TJob job, int items, int lanes)
        where TJob : struct, IParallelJob
    {
        if (!InPlace)
        {
            Compute.Team.Run(ref job, items);
            return;
        }

        var shares = new Shares<TJob>
        {
            Job = Unsafe.AsPointer(ref job),
            Items = items,
            Count = 3L * lanes * HiddenDim * HiddenDim >= SharedStep ? Compute.Team.Count : 1
        };
        Compute.Team.Run(ref shares, shares.Count);
    }

    // A job's items in equal shares, one a thread.
    private struct Shares<TJob> : IParallelJob
        where TJob : struct, IParallelJob
    {
        public void* Job;
        public int Items, Count;

        public readonly void Execute(int item, int thread)
        {
            ref TJob job = ref Unsafe.AsRef<TJob>(Job);
            for (int i = (int)((long)item * Items / Count), end = (int)((item + 1L) * Items / Count); i < end; i++) job.Execute(i, thread);
        }
    }

    private void ProjectInPlace(float* x, int tokens, float* gates)
    {
        int padded = Padded(tokens);
        float* input = _transposedInput.Pointer, projected = _transposedGates.Pointer;
        Compute.Transpose(x, PaddedInput, tokens, InputDim, input, padded);
        Compute.MultiplyInPlace(_inputWeights, InputDim, 1, 3 * HiddenDim, InputDim, input, padded, tokens, projected, padded, add: false);
        for (int g = 0; g < 3; g++)
        {
            float* gate = gates + (g * PaddedHidden);
            Compute.Transpose(projected + ((long)g * HiddenDim * padded), padded, HiddenDim, tokens, gate, 3 * PaddedHidden);
            for (int i = 0; i < tokens; i++)
            {
                new Span<float>(gate + ((long)i * 3 * PaddedHidden) + HiddenDim, PaddedHidden - HiddenDim).Clear();
            }
        }
    }

    private void BackwardInPlace(float* x, float* dX, int tokens, GruActivations a, GruParameters gradients, int layer)
    {
        float* dIh = gradients.WeightIh(layer), dHh = gradients.WeightHh(layer);
        nint stride = 3 * PaddedHidden;
        for (int g = 0; g < 3; g++)
        {
            float* dGate = a.Gates.Pointer + (g * PaddedHidden);
            float* dSum = g < 2 ? dGate : a.Recurrent.Pointer;
            nint sumStride = g < 2 ? stride : PaddedHidden;
            long ih = (long)g * HiddenDim * InputDim, hh = (long)g * HiddenDim * HiddenDim;
            Compute.MultiplyInPlace(dGate, stride, 1, tokens, HiddenDim, _inputWeights + ih, InputDim, InputDim, dX, PaddedInput,
                add: g > 0);
            Compute.MultiplyInPlace(dGate, 1, stride, HiddenDim, tokens, x, PaddedInput, InputDim, dIh + ih, InputDim, add: true);
            Compute.MultiplyInPlace(dSum, 1, sumStride, HiddenDim, tokens, a.States.Pointer, PaddedHidden, HiddenDim, dHh + hh, HiddenDim,
                add: true);
        }
    }
}

internal sealed unsafe partial class FusedGruLayer<S, V>
{
    private partial struct ForwardJob
    {
        // Rows of W_hh times each lane's state, four at a time. States are padded with zeros, so that whole vectors may be read past a
        // row's end.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void MultiplyInPlace(int panel, int first, int rows, float* sums)
        {
            int width = 3 * Units, unit = panel * Units, units = Math.Min(Units, H - unit);
            new Span<float>(sums, rows * width).Clear();
            float* dots = stackalloc float[4];
            for (int g = 0; g < 3; g++)
            {
                float* w = Weights + ((((nint)g * H) + unit) * H);
                for (int u = 0; u < units; u += 4, w += 4 * (nint)H)
                {
                    int count = Math.Min(4, units - u);
                    float* w1 = count > 1 ? w + H : w;
                    float* w2 = count > 2 ? w1 + H : w1;
                    float* w3 = count > 3 ? w2 + H : w2;
                    for (int i = 0; i < rows; i++)
                    {
                        float* h = Before + ((nint)(first + i) * Stride);
                        V s0 = S.Zero, s1 = S.Zero, s2 = S.Zero, s3 = S.Zero;
                        for (int k = 0; k < H; k += S.Width)
                        {
                            V x = S.Load(h + k);
                            s0 = S.MultiplyAdd(x, S.Load(w + k), s0);
                            s1 = S.MultiplyAdd(x, S.Load(w1 + k), s1);
                            s2 = S.MultiplyAdd(x, S.Load(w2 + k), s2);
                            s3 = S.MultiplyAdd(x, S.Load(w3 + k), s3);
                        }

                        float* to = sums + (i * width) + (g * Units) + u;
                        S.StoreSums(count == 4 ? to : dots, s0, s1, s2, s3);
                        for (int j = 0; j < count && count < 4; j++) to[j] = dots[j];
                    }
                }
            }
        }
    }

    private partial struct BackwardJob
    {
        // [dar, daz, dq] of step t + 1 against columns of W_hh; columns beyond its own belong to the next row, and their sums are zeroed.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void MultiplyInPlace(int panel, int first, int rows, float* sums)
        {
            int start = panel * Width, columns = Math.Clamp(H - start, 0, Width), vectors = (columns + S.Width - 1) / S.Width;
            float* gatesAfter = Gates + ((nint)Lanes * 3 * Stride), recurrentAfter = Recurrent + ((nint)Lanes * Stride);
            for (int i = 0; i < rows; i += S.TileRows)
            {
                for (int g = 0; g < 3; g++)
                {
                    nint strideA = g < 2 ? 3 * Stride : Stride;
                    float* a = (g < 2 ? gatesAfter + (g * Stride) : recurrentAfter) + ((first + i) * strideA);
                    float* weights = Weights + ((nint)g * H * H) + start;
                    RegisterTile<S, V>.Product(
                        a, strideA, 1, weights, H, H, sums + (i * Width), Width, Math.Min(S.TileRows, rows - i), vectors, add: g > 0,
                        weights);
                }
            }

            int padded = Math.Min(Width, Stride - start);
            for (int i = 0; i < rows; i++) new Span<float>(sums + (i * Width) + columns, padded - columns).Clear();
        }
    }
}
