// One GRU layer, forward and backward, in plain loops: the text to read first, and the oracle of FusedGruLayer.cs.
// PyTorch's and cuDNN's variant (Cho et al. 2014, reset gate applied after the product):
//     r  = σ(W_ir x + b_ir + W_hr h + b_hr)        z = σ(W_iz x + b_iz + W_hz h + b_hz)
//     q  = W_hn h + b_hn                           n = tanh(W_in x + b_in + r ⊙ q)
//     h' = (1 − z) ⊙ n + z ⊙ h
// Backward, with dh' given:  dn = dh' (1 − z)   dz = dh' (h − n)   dan = dn (1 − n²)   daz = dz z (1 − z)
//     dq = dan r   dar = dan q r (1 − r)   dh = dh' z + W_hhᵀ [dar, daz, dq]   dx = W_ihᵀ [dar, daz, dan]

using System.Numerics;

namespace GruLM.Model;

/// <summary>A GRU layer in plain scalar code, in any floating-point type: in double it is the gradient oracle. Not thread-safe:
/// <see cref="Backward"/> adds to its gradients.</summary>
/// <typeparam name="T">The number type computed with.</typeparam>
public sealed class GruLayer<T>(int inputDim, int hiddenDim, T[] weightIh, T[] weightHh, T[] biasIh, T[] biasHh)
    where T : IFloatingPointIeee754<T>
{
    /// <summary>Gradients of the four parameters, accumulated by <see cref="Backward"/>: [3H, E], [3H, H], [3H], [3H].</summary>
    public (T[] WeightIh, T[] WeightHh, T[] BiasIh, T[] BiasHh) Gradients { get; } =
        (new T[weightIh.Length], new T[weightHh.Length], new T[biasIh.Length], new T[biasHh.Length]);

    /// <summary>One step for one lane: the new state h' [H] and the saved gates r, z, n, q [4H] from x [E] and h [H].</summary>
    public (T[] State, T[] Gates) Forward(ReadOnlySpan<T> x, ReadOnlySpan<T> h)
    {
        var state = new T[hiddenDim];
        var gates = new T[4 * hiddenDim];
        for (int j = 0; j < hiddenDim; j++)
        {
            int jr = j, jz = hiddenDim + j, jn = (2 * hiddenDim) + j;
            T r = Sigmoid(Dot(weightIh, jr, x) + biasIh[jr] + Dot(weightHh, jr, h) + biasHh[jr]);
            T z = Sigmoid(Dot(weightIh, jz, x) + biasIh[jz] + Dot(weightHh, jz, h) + biasHh[jz]);
            T q = Dot(weightHh, jn, h) + biasHh[jn];
            T n = T.Tanh(Dot(weightIh, jn, x) + biasIh[jn] + (r * q));
            state[j] = ((T.One - z) * n) + (z * h[j]);
            (gates[jr], gates[jz], gates[jn], gates[(3 * hiddenDim) + j]) = (r, z, n, q);
        }

        return (state, gates);
    }

    /// <summary>The same step backwards: from dh' [H] to dx [E] and dh [H]; adds to <see cref="Gradients"/>.</summary>
    public (T[] Dx, T[] Dh) Backward(ReadOnlySpan<T> x, ReadOnlySpan<T> h, ReadOnlySpan<T> gates, ReadOnlySpan<T> dState)
    {
        var dx = new T[inputDim];
        var dh = new T[hiddenDim];
        for (int j = 0; j < hiddenDim; j++)
        {
            int jr = j, jz = hiddenDim + j, jn = (2 * hiddenDim) + j;
            T r = gates[jr], z = gates[jz], n = gates[jn], q = gates[(3 * hiddenDim) + j];
            T dan = dState[j] * (T.One - z) * (T.One - (n * n));
            T daz = dState[j] * (h[j] - n) * z * (T.One - z);
            T dar = dan * q * r * (T.One - r);
            dh[j] += dState[j] * z;
            Accumulate(jr, dar, dar, x, h, dx, dh);
            Accumulate(jz, daz, daz, x, h, dx, dh);
            Accumulate(jn, dan, dan * r, x, h, dx, dh);
        }

        return (dx, dh);
    }

    private static T Sigmoid(T a) => T.One / (T.One + T.Exp(-a));

    private static T Dot(T[] weights, int row, ReadOnlySpan<T> vector)
    {
        T sum = T.Zero;
        for (int i = 0; i < vector.Length; i++) sum += weights[(row * vector.Length) + i] * vector[i];
        return sum;
    }

    // Row j of both weight matrices: their gradients, and their share of dx and dh.
    private void Accumulate(int j, T dInput, T dRecurrent, ReadOnlySpan<T> x, ReadOnlySpan<T> h, T[] dx, T[] dh)
    {
        Gradients.BiasIh[j] += dInput;
        Gradients.BiasHh[j] += dRecurrent;
        for (int i = 0; i < inputDim; i++)
        {
            Gradients.WeightIh[(j * inputDim) + i] += dInput * x[i];
            dx[i] += dInput * weightIh[(j * inputDim) + i];
        }

        for (int i = 0; i < hiddenDim; i++)
        {
            Gradients.WeightHh[(j * hiddenDim) + i] += dRecurrent * h[i];
            dh[i] += dRecurrent * weightHh[(j * hiddenDim) + i];
        }
    }
}
