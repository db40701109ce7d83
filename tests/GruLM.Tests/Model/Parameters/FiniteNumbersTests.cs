// Numbers that are not finite: found wherever they stand, named by file and tensor, and never taken for a figure.

using GruLM.Formats;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Tests.Model;

public sealed class FiniteNumbersTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-finite-").FullName;
    private readonly GruConfig _config = new() { VocabSize = 20, EmbeddingDim = 6, HiddenDim = 6, NumLayers = 2, TieWeights = true };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void One_is_found_at_every_place_of_every_length()
    {
        float[] extremes = [float.MaxValue, float.MinValue, float.Epsilon, -0f, 0];
        for (int length = 0; length < 70; length++)
        {
            float[] numbers = [.. Enumerable.Range(0, length).Select(i => extremes[i % extremes.Length])];
            Assert.True(FiniteNumbers.AreAll(numbers));
            for (int at = 0; at < length; at++)
            {
                foreach (float wrong in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
                {
                    float[] changed = [.. numbers];
                    changed[at] = wrong;
                    Assert.False(FiniteNumbers.AreAll(changed));
                }
            }
        }
    }

    [Theory]
    [InlineData("embedding.weight", 0, float.NaN)]
    [InlineData("gru.weight_hh_l1", 50, float.PositiveInfinity)]
    [InlineData("gru.bias_ih_l0", 17, float.NegativeInfinity)]
    public void A_model_file_with_one_is_refused_by_the_name_of_its_tensor(string tensor, int at, float wrong)
    {
        using GruParameters parameters = GradientTests.RandomParameters(_config, 1);
        parameters.Span(tensor)[at] = wrong;
        ModelFile.Save(_folder, parameters, SampleKind.Stream);
        string message = Assert.Throws<InvalidDataException>(() => ModelFile.Load(_folder)).Message;
        Assert.StartsWith(Path.Combine(_folder, "model.safetensors") + $": tensor {tensor} holds numbers", message);
        Assert.Contains($"number {at} is {(float.IsNaN(wrong) ? "NaN" : "infinite")}", message, StringComparison.Ordinal);
        using var compute = Compute.Create(1);
        Assert.Throws<InvalidDataException>(() => GruLanguageModel.Load(_folder, compute));
    }

    [Fact]
    public void So_is_a_training_state()
    {
        using var compute = Compute.Create(1);
        using var model = new GruLanguageModel(GradientTests.RandomParameters(_config, 0.3), compute);
        string path = Path.Combine(_folder, "state.safetensors");
        model.SaveTrainingState(path);
        byte[] bytes = File.ReadAllBytes(path);
        using (var file = SafetensorsFile.Open(path))
        {
            TensorEntry entry = file.Tensors.First(tensor => tensor.Name.EndsWith("gru.weight_ih_l0", StringComparison.Ordinal));
            BitConverter.GetBytes(float.NaN).CopyTo(bytes.AsSpan((int)entry.Start + 8));
        }

        File.WriteAllBytes(path, bytes);
        string message = Assert.Throws<InvalidDataException>(() => model.LoadTrainingState(path)).Message;
        Assert.StartsWith(path + ": tensor ", message);
        Assert.Contains("gru.weight_ih_l0 holds numbers that are not finite (number 2 is NaN)", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scores_that_grow_beyond_all_numbers_are_an_error_of_every_evaluation()
    {
        using var compute = Compute.Create(2);
        using GruParameters parameters = GradientTests.RandomParameters(_config, 1);
        parameters.Span("embedding.weight").Fill(float.MaxValue);
        using var model = new GruLanguageModel(parameters.Copy(_config), compute);
        int[] ids = [.. Enumerable.Range(0, 100).Select(i => i % 20)];
        var stream = new HeldOutStream(ids, ids.Select((_, i) => i + 1L).ToArray());
        var lines = new HeldOutLines([ids], [100], 1, 2, null);
        Action[] evaluations =
        [
            () => Evaluation.Stream(model, stream), () => Evaluation.QuickStream(model, stream),
            () => Evaluation.Windows(model, stream, 10),
            () => Evaluation.Lines(model, lines), () => DynamicEvaluation.Stream(parameters, compute, stream, new DynamicOptions()),
        ];
        Assert.All(evaluations, evaluate => Assert.Contains(
            "scores are not numbers", Assert.Throws<InvalidDataException>(evaluate).Message, StringComparison.Ordinal));
    }
}
