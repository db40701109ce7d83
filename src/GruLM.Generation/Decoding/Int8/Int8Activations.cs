// From numbers to the bytes that a layer's products read. docs/int8.md defines the scale: fixed for states, each vector's own for sums of
// states and for what layer normalisation makes.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Generation;

/// <summary>Vectors of activations as bytes.</summary>
internal static unsafe class Int8Activations
{
    /// <summary>A state of <see cref="Units"/> numbers, in [−1, 1].</summary>
    internal struct StateWork : ISimdWork<int>
    {
        public float* Numbers;
        public int Units;
        public byte Bias;
        public byte* Bytes;

        public readonly int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            Int8Rounding.State<S, V>(Numbers, Units, Bias, Bytes);
            return Units;
        }
    }

    /// <summary>Numbers of any size; the result is what a unit is worth.</summary>
    internal struct AnyWork : ISimdWork<float>
    {
        public float* Numbers;
        public int Units;
        public byte Bias;
        public byte* Bytes;

        public readonly float Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged => Int8Rounding.Any<S, V>(Numbers, Units, Bias, Bytes);
    }

    /// <summary>Adds <see cref="Units"/> numbers to others, one by one.</summary>
    internal struct AddWork : ISimdWork<int>
    {
        public float* Numbers, Sum;
        public int Units;

        public readonly int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            for (int j = 0; j < Units; j += S.Width) S.Store(Sum + j, S.Add(S.Load(Sum + j), S.Load(Numbers + j)));
            return Units;
        }
    }

    /// <summary>Layer normalisation of <see cref="Units"/> numbers, with sums in the order of <see cref="OrderedSum{S, V}"/>.</summary>
    internal struct NormWork : ISimdWork<int>
    {
        public float* Numbers, Gain, Shift, Result;
        public int Units;

        public readonly int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            const int Lanes = OrderedSum<S, V>.Lanes;
            float* lanes = stackalloc float[Lanes], rest = stackalloc float[Lanes];
            int whole = Units / Lanes * Lanes;
            new Span<float>(lanes, Lanes).Clear();
            for (int j = 0; j < whole; j += Lanes) OrderedSum<S, V>.Add(lanes, Numbers + j);
            for (int j = whole; j < Units; j++) lanes[j - whole] += Numbers[j];
            float mean = OrderedSum<S, V>.Fold(lanes) / Units;
            V means = S.Splat(mean);
            new Span<float>(lanes, Lanes).Clear();
            for (int j = 0; j < whole; j += Lanes)
            {
                for (int i = 0; i < Lanes; i += S.Width)
                {
                    V centred = S.Subtract(S.Load(Numbers + j + i), means);
                    S.Store(rest + i, S.Multiply(centred, centred));
                }

                OrderedSum<S, V>.Add(lanes, rest);
            }

            for (int j = whole; j < Units; j++)
            {
                float centred = Numbers[j] - mean;
                lanes[j - whole] += centred * centred;
            }

            float scale = 1 / MathF.Sqrt((OrderedSum<S, V>.Fold(lanes) / Units) + LayerNorm.Epsilon);
            V scales = S.Splat(scale);
            for (int j = 0; j < Units; j += S.Width)
            {
                V normal = S.Multiply(S.Subtract(S.Load(Numbers + j), means), scales);
                S.Store(Result + j, S.Add(S.Multiply(normal, S.Load(Gain + j)), S.Load(Shift + j)));
            }

            return Units;
        }
    }
}
