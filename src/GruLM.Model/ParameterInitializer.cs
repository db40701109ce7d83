// The values that training starts from. Small embeddings (so that the first loss is ln V, tied or not), uniform input weights
// (Glorot and Bengio 2010), orthogonal recurrent weights gate by gate (Saxe et al. 2014), and an update gate biased
// to keep its state. Each number is a function of the seed and its place.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Fills a parameter set with starting values.</summary>
public static unsafe class ParameterInitializer
{
    // z = σ(1) = 0.73 at the start: gradients reach several steps back from the first update on.
    private const float UpdateGateBias = 1f;
    private const double EmbeddingScale = 0.05;

    /// <summary>Fills every tensor of <paramref name="parameters"/>.</summary>
    public static void Fill(GruParameters parameters, ulong seed)
    {
        var random = new Philox(seed, RandomPurpose.Initialisation);
        int hidden = parameters.Config.HiddenDim;
        Parallel.For(0, parameters.Views.Count, index =>
        {
            var view = parameters.Views[index];
            var values = parameters.Span(view.Name);
            if (view.Name is "embedding.weight" or "out.weight")
            {
                for (int i = 0; i < values.Length; i++) values[i] = (float)(EmbeddingScale * random.Normal((ulong)index, (ulong)i));
            }
            else if (view.IsVector)
            {
                values.Clear();
                if (view.Name.Contains("bias_ih", StringComparison.Ordinal)) values.Slice(hidden, hidden).Fill(UpdateGateBias);
            }
            else if (view.Name.Contains("weight_hh", StringComparison.Ordinal))
            {
                for (int gate = 0; gate < 3; gate++) Orthogonal(values.Slice(gate * hidden * hidden, hidden * hidden), hidden, random, ((ulong)index << 8) | (uint)gate);
            }
            else
            {
                double bound = Math.Sqrt(6.0 / (view.Columns + hidden));
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
            var row = matrix.Slice(i * n, n);
            for (int k = 0; k < i; k++)
            {
                var done = matrix.Slice(k * n, n);
                float dot = System.Numerics.Tensors.TensorPrimitives.Dot(row, done);
                System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(done, -dot, row, row);
            }

            float norm = System.Numerics.Tensors.TensorPrimitives.Norm(row);
            System.Numerics.Tensors.TensorPrimitives.Divide(row, norm, row);
        }
    }
}
