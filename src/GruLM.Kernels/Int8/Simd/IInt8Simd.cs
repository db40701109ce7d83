// The operations that the product of bytes is written against, so that its loops exist once for all vectors; Int8Simd512.cs and its like
// map them to instructions.

namespace GruLM.Kernels;

/// <summary>Operations on a vector <typeparamref name="V"/> that holds a sum for each of <see cref="Rows"/> rows.</summary>
internal interface IInt8Simd<V>
    where V : unmanaged
{
    /// <summary>Rows in a vector.</summary>
    static abstract int Rows { get; }

    /// <summary>What is added to an activation before it is stored as a byte: 0, or 128 where the instructions want it without a
    /// sign.</summary>
    static abstract byte Bias { get; }

    /// <summary>The same four activations for every row.</summary>
    static abstract unsafe V Broadcast(byte* activations);

    /// <summary>What <see cref="Dot"/> needs of activations besides themselves: their magnitudes, or nothing.</summary>
    static abstract V Magnitudes(V activations);

    /// <summary><paramref name="sums"/> plus, for each row, the four products of its weights with the activations.
    /// <paramref name="weights"/> is [<see cref="Rows"/>][4]; no weight and no activation is −128.</summary>
    static abstract unsafe V Dot(V sums, sbyte* weights, V activations, V magnitudes);
}
