// The layers alone against the plain layer in double precision, forward and backward, on every kernel path.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Model;

public class GruLayersTests
{
    public static TheoryData<KernelPath> Paths => [.. KernelChoice.Available];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Layers_agree_with_the_plain_layer(KernelPath path)
    {
        const int E = 11, H = 19, T = 6, B = 3;
        var config = new GruConfig { VocabSize = 2, EmbeddingDim = E, HiddenDim = H, NumLayers = 2 };
        using var parameters = new GruParameters(config);
        ParameterInitializer.Fill(parameters, 7);
        using var compute = Compute.Create(2, path);
        using var layers = new GruLayers(parameters, compute, T, B);
        float[] x = Random(T * B * E, 1), dY = Random(T * B * H, 2), y = new float[T * B * H], dX = new float[T * B * E];
        layers.Forward(x, y);
        layers.Backward(dY, dX);

        (double[]? plainY, double[]? plainDx, Dictionary<string, double[]>? plainGradients) = Plain(parameters, x, dY, T, B);
        AssertClose(plainY, y);
        AssertClose(plainDx, dX);
        foreach ((string? name, double[]? values) in plainGradients) AssertClose(values, layers.Gradients.Span(name).ToArray());
    }

    private static (double[] Y, double[] Dx, Dictionary<string, double[]> Gradients) Plain(
        GruParameters p, float[] x, float[] dY, int steps, int lanes)
    {
        GruConfig config = p.Config;
        double[] input = [.. x.Select(v => (double)v)], gradient = [.. dY.Select(v => (double)v)];
        var runs = new List<(GruLayer<double> Layer, double[] Input, double[][] Before, double[][] Gates)>();
        for (int l = 0; l < config.NumLayers; l++)
        {
            double[] Weights(string kind) => [.. p.Span($"gru.{kind}_l{l}").ToArray().Select(v => (double)v)];
            var layer = new GruLayer<double>(
                config.InputDim(l), config.HiddenDim,
                Weights("weight_ih"), Weights("weight_hh"), Weights("bias_ih"), Weights("bias_hh"));
            double[][] states = Enumerable.Range(0, lanes).Select(_ => new double[config.HiddenDim]).ToArray();
            double[][] before = new double[steps * lanes][];
            double[][] gates = new double[steps * lanes][];
            double[] output = new double[steps * lanes * config.HiddenDim];
            for (int i = 0; i < steps * lanes; i++)
            {
                before[i] = states[i % lanes];
                (states[i % lanes], gates[i]) = layer.Forward(input.AsSpan(i * config.InputDim(l), config.InputDim(l)), before[i]);
                states[i % lanes].CopyTo(output, i * config.HiddenDim);
            }

            runs.Add((layer, input, before, gates));
            input = output;
        }

        var gradients = new Dictionary<string, double[]>();
        for (int l = config.NumLayers - 1; l >= 0; l--)
        {
            (GruLayer<double>? layer, double[]? rows, double[][]? before, double[][]? gates) = runs[l];
            int width = config.InputDim(l);
            double[] below = new double[steps * lanes * width];
            double[][] carried = Enumerable.Range(0, lanes).Select(_ => new double[config.HiddenDim]).ToArray();
            for (int i = (steps * lanes) - 1; i >= 0; i--)
            {
                double[] d = [.. carried[i % lanes].Select((c, j) => c + gradient[(i * config.HiddenDim) + j])];
                (double[] dx, carried[i % lanes]) = layer.Backward(rows.AsSpan(i * width, width), before[i], gates[i], d);
                dx.CopyTo(below, i * width);
            }

            gradients[$"gru.weight_ih_l{l}"] = layer.Gradients.WeightIh;
            gradients[$"gru.weight_hh_l{l}"] = layer.Gradients.WeightHh;
            gradients[$"gru.bias_ih_l{l}"] = layer.Gradients.BiasIh;
            gradients[$"gru.bias_hh_l{l}"] = layer.Gradients.BiasHh;
            gradient = below;
        }

        return (input, gradient, gradients);
    }

    private static float[] Random(int length, ulong seed)
    {
        var random = new Philox(seed, RandomPurpose.Initialisation);
        return [.. Enumerable.Range(0, length).Select(i => (float)random.Normal(0, (ulong)i))];
    }

    private static void AssertClose(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 2e-5 * Math.Max(1, Math.Abs(expected[i])));
    }
}
