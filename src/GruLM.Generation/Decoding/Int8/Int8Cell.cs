// From the sums of a layer's products to its new state, and from those of the output layer to scores: float32, every operation defined
// (docs/int8.md), so that the bits are the same for every vector width.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Generation;

/// <summary>What stands behind the products of bytes.</summary>
internal static unsafe class Int8Cell
{
    /// <summary>The new state of the units of some groups.</summary>
    internal struct GatesWork : ISimdWork<int>
    {
        /// <summary>Sums of the groups' rows: of the input's product and of the state's.</summary>
        public int* InputSums, StateSums;

        /// <summary>What a unit of each row's weights is worth.</summary>
        public float* InputScales, StateScales;

        /// <summary>What a unit of the input's activations is worth.</summary>
        public float InputScale;

        /// <summary>The groups' biases.</summary>
        public float* Biases;

        /// <summary>The groups' part of the state, which becomes the new one.</summary>
        public float* State;

        /// <summary>Groups.</summary>
        public int Groups;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            const int U = Int8Weights.GroupUnits;
            V inputScale = S.Splat(InputScale), stateScale = S.Splat(Int8Rounding.StateScale);
            for (int group = 0; group < Groups; group++)
            {
                int row = group * Int8Weights.GroupRows;
                float* biases = Biases + (group * 4 * U), state = State + (group * U);
                for (int i = 0; i < U; i += S.Width)
                {
                    int r = row + i, z = r + U, n = z + U;
                    V reset = S.Add(Input<S, V>(r, inputScale), Recurrent<S, V>(r, stateScale));
                    V update = S.Add(Input<S, V>(z, inputScale), Recurrent<S, V>(z, stateScale));
                    V candidate = S.Add(Input<S, V>(n, inputScale), S.Load(biases + (2 * U) + i));
                    V recurrent = S.Add(Recurrent<S, V>(n, stateScale), S.Load(biases + (3 * U) + i));
                    reset = ExactMath<S, V>.Sigmoid(S.Add(reset, S.Load(biases + i)));
                    update = ExactMath<S, V>.Sigmoid(S.Add(update, S.Load(biases + U + i)));
                    candidate = ExactMath<S, V>.Tanh(S.Add(candidate, S.Multiply(reset, recurrent)));
                    V before = S.Load(state + i);
                    S.Store(state + i, S.Add(candidate, S.Multiply(update, S.Subtract(before, candidate))));
                }
            }

            return Groups;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly V Input<S, V>(int row, V scale)
            where S : struct, ISimd<V>
            where V : unmanaged => S.Multiply(S.LoadWhole(InputSums + row), S.Multiply(S.Load(InputScales + row), scale));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly V Recurrent<S, V>(int row, V scale)
            where S : struct, ISimd<V>
            where V : unmanaged => S.Multiply(S.LoadWhole(StateSums + row), S.Multiply(S.Load(StateScales + row), scale));
    }

    /// <summary>Scores from the sums of the output layer's rows.</summary>
    internal struct ScoresWork : ISimdWork<int>
    {
        public int* Sums;
        public float* Scales, Scores;
        public float Scale;
        public int Rows;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            V scale = S.Splat(Scale);
            int i = 0;
            for (; i + S.Width <= Rows; i += S.Width)
            {
                S.Store(Scores + i, S.Multiply(S.LoadWhole(Sums + i), S.Multiply(S.Load(Scales + i), scale)));
            }

            for (; i < Rows; i++) Scores[i] = Sums[i] * (Scales[i] * Scale);
            return Rows;
        }
    }
}
