// The values that training starts from. Small embeddings (so that the first loss is ln V, tied or not); input weights scaled to
// what they read, so that the gates of every layer see a signal from the first step on (with Glorot's scale and small
// embeddings a run spends hundreds of steps on a plateau); orthogonal recurrent weights gate by gate (Saxe et al. 2014);
// an update gate biased to keep its state. Each number is a function of the seed and its place.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Fills a parameter set with starting values.</summary>
public static unsafe class ParameterInitializer
{
    // z = σ(1) = 0.73 at the start: gradients reach several steps back from the first update on.
    private const float UpdateGateBias = 1f;
    private const double EmbeddingScale = 0.05;

    // The standard deviation that the input's share of a gate's sum has at the start, and the typical size of a state that a layer above
    // reads.
    private const double GateScale = 0.5;
    private const double StateScale = 0.25;

    /// <summary>Fills every tensor of <paramref name="parameters"/>.</summary>
    public static void Fill(GruParameters parameters, ulong seed)
    {
        var random = new Philox(seed, RandomPurpose.Initialisation);
        int hidden = parameters.Config.HiddenDim;
        Parallel.For(0, parameters.Views.Count, index =>
        {
            ParameterView view = parameters.Views[index];
            Span<float> values = parameters.Span(view.Name);
            if (view.Name is "embedding.weight" or "out.weight")
            {
                for (int i = 0; i < values.Length; i++) values[i] = (float)(EmbeddingScale * random.Normal((ulong)index, (ulong)i));
            }
            else if (view.Name.StartsWith("norm.weight", StringComparison.Ordinal))
            {
                values.Fill(1);
            }
            else if (view.IsVector)
            {
                values.Clear();
                if (view.Name.Contains("bias_ih", StringComparison.Ordinal)) values.Slice(hidden, hidden).Fill(UpdateGateBias);
            }
            else if (view.Name.Contains("weight_hh", StringComparison.Ordinal))
            {
                for (int gate = 0; gate < 3; gate++)
                {
                    Orthogonal(values.Slice(gate * hidden * hidden, hidden * hidden), hidden, random, ((ulong)index << 8) | (uint)gate);
                }
            }
            else
            {
                double inputScale = view.Name.EndsWith("_l0", StringComparison.Ordinal) ? EmbeddingScale : parameters.Config.LayerNorm
                    ? 1
                    : StateScale;
                double bound = Math.Sqrt(3.0 / view.Columns) * GateScale / inputScale;
                for (int i = 0; i < values.Length; i++) values[i] = (float)(bound * ((2 * random.Uniform((ulong)index, (ulong)i)) - 1));
            }
        });
    }

    // A random orthogonal matrix: rows of normal numbers, orthonormalised one after the other (modified Gram–Schmidt).
    private static void Orthogonal(Span<float> matrix, int n, Philox random, ulong step)
    {
        for (int i = 0; i < matrix.Length; i++) matrix[i] = (float)random.Normal(step, (ulong)i);
        for (int i = 0; i < n; i++)
        {
            Span<float> row = matrix.Slice(i * n, n);
            for (int k = 0; k < i; k++)
            {
                Span<float> done = matrix.Slice(k * n, n);
                float dot = System.Numerics.Tensors.TensorPrimitives.Dot(row, done);
                System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(done, -dot, row, row);
            }

            float norm = System.Numerics.Tensors.TensorPrimitives.Norm(row);
            System.Numerics.Tensors.TensorPrimitives.Divide(row, norm, row);
        }
    }
}
