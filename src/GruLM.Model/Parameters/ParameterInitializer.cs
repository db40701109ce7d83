// The values that training starts from. Small embeddings (so that the first loss is ln V, tied or not); input weights scaled to
// what they read, so that the gates of every layer see a signal from the first step on (with Glorot's scale and small
// embeddings a run spends hundreds of steps on a plateau); orthogonal recurrent weights gate by gate (Saxe et al. 2014);
// an update gate biased to keep its state. Each number is a function of the seed and its place, on every machine the same: orthogonal
// matrices are computed sixteen lanes wide everywhere, on narrower machines by several instructions.

using System.Runtime.Intrinsics;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Fills a parameter set with starting values. Safe for several threads, each with a parameter set of its own.</summary>
public static unsafe class ParameterInitializer
{
    // z = σ(1) = 0.73 at the start: gradients reach several steps back from the first update on.
    private const float UpdateGateBias = 1f;
    private const double EmbeddingScale = 0.05;

    // The standard deviation that the input's share of a gate's sum has at the start, and the typical size of a state that a layer above
    // reads.
    private const double GateScale = 0.5;
    private const double StateScale = 0.25;

    /// <summary>Fills every tensor of <paramref name="parameters"/> with values that depend on <paramref name="seed"/> alone.</summary>
    public static void Fill(GruParameters parameters, ulong seed) => Fill(parameters, seed, null);

    /// <summary>The same on the threads of <paramref name="team"/>; null: on the calling thread alone. The values do not depend on
    /// it.</summary>
    internal static void Fill(GruParameters parameters, ulong seed, ThreadTeam? team)
    {
        var job = new FillJob { Parameters = parameters, Random = new Philox(seed, RandomPurpose.Initialisation) };
        if (team is not null) team.Run(ref job, parameters.Views.Count);
        else for (int i = 0; i < parameters.Views.Count; i++) job.Execute(i, 0);
    }

    private static void Fill(GruParameters parameters, int index, Philox random)
    {
        ParameterView view = parameters.Views[index];
        GruConfig config = parameters.Config;
        Span<float> values = parameters.Span(view.Name);
        ulong place = (ulong)index;
        switch (view.Role)
        {
            case ParameterRole.Embedding or ParameterRole.Output:
                for (int i = 0; i < values.Length; i++) values[i] = (float)(EmbeddingScale * random.Normal(place, (ulong)i));
                break;
            case ParameterRole.InputWeights:
                double inputScale = view.Layer == 0 ? EmbeddingScale : config.LayerNorm ? 1 : StateScale;
                double bound = Math.Sqrt(3.0 / view.Columns) * GateScale / inputScale;
                for (int i = 0; i < values.Length; i++) values[i] = (float)(bound * ((2 * random.Uniform(place, (ulong)i)) - 1));
                break;
            case ParameterRole.RecurrentWeights:
                for (int gate = 0; gate < 3; gate++)
                {
                    int n = config.HiddenDim;
                    Orthogonal<Simd512, Vector512<float>>(values.Slice(gate * n * n, n * n), n, random, (place << 8) | (uint)gate);
                }

                break;
            case ParameterRole.NormGain:
                values.Fill(1);
                break;
            default:
                values.Clear();
                if (view.Role == ParameterRole.InputBias) values.Slice(config.HiddenDim, config.HiddenDim).Fill(UpdateGateBias);
                break;
        }
    }

    // A random orthogonal matrix: rows of normal numbers, orthonormalised one after the other (modified Gram–Schmidt).
    private static void Orthogonal<S, V>(Span<float> matrix, int n, Philox random, ulong step)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        for (int i = 0; i < matrix.Length; i++) matrix[i] = (float)random.Normal(step, (ulong)i);

        // Rows padded with zeros to whole vectors.
        int padded = (n + S.Width - 1) / S.Width * S.Width;
        using var rows = new AlignedBuffer<float>((long)n * padded);
        for (int i = 0; i < n; i++)
        {
            float* row = rows.Pointer + ((long)i * padded);
            matrix.Slice(i * n, n).CopyTo(new Span<float>(row, n));
            for (int k = 0; k < i; k++)
            {
                float* done = rows.Pointer + ((long)k * padded);
                V minusDot = S.Splat(-Dot<S, V>(row, done, padded));
                for (int j = 0; j < padded; j += S.Width) S.Store(row + j, S.MultiplyAdd(S.Load(done + j), minusDot, S.Load(row + j)));
            }

            V norm = S.Splat(MathF.Sqrt(Dot<S, V>(row, row, padded)));
            for (int j = 0; j < padded; j += S.Width) S.Store(row + j, S.Divide(S.Load(row + j), norm));
            new ReadOnlySpan<float>(row, n).CopyTo(matrix.Slice(i * n, n));
        }
    }

    private static float Dot<S, V>(float* a, float* b, int length)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        V sum = S.Zero;
        for (int i = 0; i < length; i += S.Width) sum = S.MultiplyAdd(S.Load(a + i), S.Load(b + i), sum);
        return S.Sum(sum);
    }

    private struct FillJob : IParallelJob
    {
        public GruParameters Parameters;
        public Philox Random;

        public readonly void Execute(int item, int thread) => Fill(Parameters, item, Random);
    }
}
