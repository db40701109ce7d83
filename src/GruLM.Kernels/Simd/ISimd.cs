// The operations that a kernel is written against, so that every loop exists once for all vector widths; Simd512.cs and its like map them
// to instructions.

namespace GruLM.Kernels;

/// <summary>Operations on a vector <typeparamref name="V"/> of <see cref="Width"/> floats.</summary>
internal interface ISimd<V>
    where V : unmanaged
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Width { get; }

    /// <summary>Rows of the register tile of the matrix product: what the register file holds beside three columns of vectors.</summary>
    static abstract int TileRows { get; }

    /// <summary>All zeros.</summary>
    static abstract V Zero { get; }

    /// <summary>Loads <see cref="Width"/> floats, any alignment.</summary>
    static abstract unsafe V Load(float* source);

    /// <summary>Stores <see cref="Width"/> floats, any alignment.</summary>
    static abstract unsafe void Store(float* destination, V value);

    /// <summary>The same float in every lane.</summary>
    static abstract V Splat(float value);

    /// <summary>a + b.</summary>
    static abstract V Add(V a, V b);

    /// <summary>a − b.</summary>
    static abstract V Subtract(V a, V b);

    /// <summary>a · b.</summary>
    static abstract V Multiply(V a, V b);

    /// <summary>a / b.</summary>
    static abstract V Divide(V a, V b);

    /// <summary>a · b + c, fused where the processor can.</summary>
    static abstract V MultiplyAdd(V a, V b, V c);

    /// <summary>The larger, lane by lane; b where either is not a number, which is what one instruction gives.</summary>
    static abstract V Max(V a, V b);

    /// <summary>The smaller, lane by lane; b where either is not a number.</summary>
    static abstract V Min(V a, V b);

    /// <summary>The absolute value.</summary>
    static abstract V Abs(V a);

    /// <summary>The square root.</summary>
    static abstract V Sqrt(V a);

    /// <summary>Where a &lt; b the lane of <paramref name="yes"/>, elsewhere of <paramref name="no"/>.</summary>
    static abstract V SelectLess(V a, V b, V yes, V no);

    /// <summary>2^n for lanes holding <c>n + 1.5 · 2^23</c>, −126 ≤ n ≤ 127: the integer sits in the low bits and is moved into the
    /// exponent.</summary>
    static abstract V PowerOfTwo(V shifted);

    /// <summary>Loads <see cref="Width"/> whole numbers as floats, any alignment; what has more than 24 bits is rounded to the nearest,
    /// ties to even.</summary>
    static abstract unsafe V LoadWhole(int* source);

    /// <summary>Stores <see cref="Width"/> floats as whole numbers, any alignment, rounded towards zero; they are below 2^31 in
    /// magnitude.</summary>
    static abstract unsafe void StoreWhole(int* destination, V value);

    /// <summary>Stores the lowest byte of each lane's bits.</summary>
    static abstract unsafe void StoreLowBytes(byte* destination, V value);

    /// <summary>Sum of the lanes, in a fixed order.</summary>
    static abstract float Sum(V a);

    /// <summary>Stores the four <see cref="Sum"/>s of four vectors.</summary>
    static abstract unsafe void StoreSums(float* destination, V a, V b, V c, V d);

    /// <summary>Largest lane.</summary>
    static abstract float MaxLane(V a);
}
