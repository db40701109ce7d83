// Parameters as programs see them: copies in and out, and an exception instead of memory that was freed.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Model;

public class GruParametersTests
{
    private static readonly GruConfig s_config = new() { VocabSize = 5, EmbeddingDim = 3, HiddenDim = 4, NumLayers = 2 };

    [Fact]
    public void What_is_written_is_read_and_touches_nothing_else()
    {
        using var parameters = new GruParameters(s_config);
        foreach (ParameterView view in parameters.Views)
        {
            float[] values = [.. Enumerable.Range(1, (int)view.Length).Select(i => (float)i)];
            parameters.Write(view.Name, values);
            float[] read = parameters.Read(view.Name);
            Assert.Equal(values, read);
            read[0] = -1;
            Assert.Equal(1, parameters.Read(view.Name)[0]);
            parameters.Write(view.Name, new float[view.Length]);
            Assert.All(parameters.Views, other => Assert.DoesNotContain(parameters.Read(other.Name), x => x != 0));
        }
    }

    [Fact]
    public void A_wrong_name_or_number_is_refused()
    {
        using var parameters = new GruParameters(s_config);
        Assert.Contains("no tensor x", Assert.Throws<ArgumentException>(() => parameters.Read("x")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => parameters.Write("x", []));
        ArgumentException error = Assert.Throws<ArgumentException>(() => parameters.Write("embedding.weight", new float[14]));
        Assert.Contains("embedding.weight has 15 numbers, and 14 were given", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Disposed_parameters_say_so()
    {
        var parameters = new GruParameters(s_config);
        parameters.Dispose();
        parameters.Dispose();
        Assert.Equal(s_config, parameters.Config);
        Assert.Throws<ObjectDisposedException>(() => parameters.Read("embedding.weight"));
        Assert.Throws<ObjectDisposedException>(() => parameters.Write("embedding.weight", new float[15]));
        Assert.Throws<ObjectDisposedException>(() => parameters.Copy(s_config));
        Assert.Throws<ObjectDisposedException>(parameters.Clear);
        Assert.Throws<ObjectDisposedException>(() => ParameterInitializer.Fill(parameters, 1));
    }

    [Fact]
    public void A_disposed_model_says_so()
    {
        using var compute = Compute.Create(2);
        var model = GruLanguageModel.Create(s_config, compute, seed: 1);
        var batch = new TokenBatch(2, 2);
        model.ForwardBackward(batch, 4, 0);
        model.Update(0.1, 1);
        model.Dispose();
        model.Dispose();
        string path = Path.Combine(Path.GetTempPath(), $"grulm-never-written-{Guid.NewGuid():N}");
        Action[] uses =
        [
            () => model.ForwardBackward(batch, 4, 0), () => model.Evaluate(batch), () => model.Score(batch, new float[4]),
            () => model.Update(0.1, 1), () => model.GradientNorm(), model.DiscardGradients, model.SwapAverage,
            () => _ = model.Gradients.Count, () => model.Parameters.Read("embedding.weight"), () => model.SaveTrainingState(path),
            () => model.LoadTrainingState(path), () => model.Save(path),
        ];
        Assert.All(uses, use => Assert.Throws<ObjectDisposedException>(use));
        Assert.False(Path.Exists(path));
    }

    [Fact]
    public void A_model_whose_compute_is_disposed_says_so()
    {
        foreach (int threads in (int[])[1, 2])
        {
            var compute = Compute.Create(threads);
            using var model = GruLanguageModel.Create(s_config, compute, seed: 1);
            model.Evaluate(new TokenBatch(2, 2));
            compute.Dispose();
            compute.Dispose();
            Assert.Throws<ObjectDisposedException>(() => model.Evaluate(new TokenBatch(2, 2)));
            Assert.Throws<ObjectDisposedException>(() => model.ForwardBackward(new TokenBatch(2, 2), 4, 0));
            Assert.Throws<ObjectDisposedException>(() => GruLanguageModel.Create(s_config, compute, seed: 1).Dispose());
        }
    }

    [Fact]
    public void A_span_too_short_for_the_log_probabilities_is_refused()
    {
        using var compute = Compute.Create(1);
        using var model = GruLanguageModel.Create(s_config, compute, seed: 1);
        Assert.Throws<ArgumentException>(() => model.Score(new TokenBatch(2, 2), new float[3]));
        model.Score(new TokenBatch(2, 2), new float[5]);
    }
}
