// The GRU's equations for a vector of units: what GruLayer.cs does for one. Training and decoding both compute with them; they differ in
// how they come to the sums of a gate. The opening comment of GruLayer.cs has the equations and the names.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>The cell for the vector width <typeparamref name="S"/>. Thread-safe: it has no state.</summary>
internal static class GruCell<S, V>
    where S : struct, ISimd<V>
    where V : unmanaged
{
    /// <summary>The gates, from their sums: <paramref name="r"/> = W_ir x + b_ir + W_hr h + b_hr, <paramref name="z"/> likewise,
    /// <paramref name="n"/> = W_in x + b_in and <paramref name="q"/> = W_hn h + b_hn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GruGates<V> Gates(V r, V z, V n, V q)
    {
        V reset = VectorMath<S, V>.Sigmoid(r);
        return new GruGates<V>(reset, VectorMath<S, V>.Sigmoid(z), VectorMath<S, V>.Tanh(S.MultiplyAdd(reset, q, n)), q);
    }

    /// <summary>h' = (1 − z) ⊙ n + z ⊙ h, from the state before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V State(in GruGates<V> gates, V before) => S.MultiplyAdd(gates.Z, S.Subtract(before, gates.N), gates.N);

    /// <summary>The gradients of the gates' sums (dar, daz, dan, dq) from that of the state after, <paramref name="dState"/>. What reaches
    /// the state before besides through them is dState ⊙ z.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GruGates<V> Backward(in GruGates<V> gates, V before, V dState)
    {
        V one = S.Splat(1f);
        (V r, V z, V n, V q) = gates;
        V dan = S.Multiply(S.Multiply(dState, S.Subtract(one, z)), S.Subtract(one, S.Multiply(n, n)));
        V daz = S.Multiply(S.Multiply(dState, S.Subtract(before, n)), S.Multiply(z, S.Subtract(one, z)));
        V dar = S.Multiply(S.Multiply(dan, q), S.Multiply(r, S.Subtract(one, r)));
        return new GruGates<V>(dar, daz, dan, S.Multiply(dan, r));
    }
}
