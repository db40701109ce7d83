// Many texts at once on a card: the likeliest tokens are those of one session a text, and drawn ones come as often as their probability
// says.

using GruLM.Cuda;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Cuda;

[Collection(StandIn.Collection)]
public sealed class CudaDecodingBatchTests
{
    private static readonly GruConfig s_config = new()
    {
        VocabSize = 21,
        EmbeddingDim = 24,
        HiddenDim = 40,
        NumLayers = 3,
        Residual = true,
        LayerNorm = true,
    };

    [Fact]
    public void Likeliest_tokens_are_those_of_single_sessions()
    {
        using CudaDevice device = TestCard.OpenDevice(Precision.Fp32);
        using GruParameters parameters = Random();
        int[] ids = [3, 20, 0, 7, 7];
        IDecodingSession[] sessions = [.. ids.Select(_ => device.CreateSession(parameters))];
        using CudaDecodingBatch batch = device.CreateBatch(parameters, ids.Length, temperature: 0, seed: 1);
        int[] chosen = batch.Step(ids).ToArray();
        for (int step = 0; step < 6; step++)
        {
            for (int i = 0; i < ids.Length; i++)
            {
                sessions[i].Read(ids[i]);
                ReadOnlySpan<float> scores = sessions[i].Logits();
                ids[i] = scores.IndexOf(scores.ToArray().Max());
            }

            Assert.Equal(ids, chosen);
            chosen = batch.Step([]).ToArray();
        }

        foreach (IDecodingSession session in sessions) session.Dispose();
    }

    [Fact]
    public void Tokens_come_as_often_as_their_probability_says()
    {
        const int Sessions = 2000;
        using CudaDevice device = TestCard.OpenDevice(Precision.Fp32);
        using GruParameters parameters = Random();
        using IDecodingSession session = device.CreateSession(parameters);
        session.Read(5);
        double[] weights = [.. session.Logits().ToArray().Select(score => Math.Exp(score / 0.7))];
        using CudaDecodingBatch batch = device.CreateBatch(parameters, Sessions, temperature: 0.7, seed: 3);
        int[] ids = [.. Enumerable.Repeat(5, Sessions)], chosen = batch.Step(ids).ToArray();
        double chiSquare = 0;
        for (int id = 0; id < s_config.VocabSize; id++)
        {
            double expected = weights[id] / weights.Sum() * Sessions;
            chiSquare += Math.Pow(chosen.Count(other => other == id) - expected, 2) / expected;
        }

        // Of 20 degrees of freedom: above 45 once in a thousand times.
        Assert.True(chiSquare < 45, $"{chiSquare}");
        using CudaDecodingBatch again = device.CreateBatch(parameters, Sessions, temperature: 0.7, seed: 3);
        Assert.Equal(chosen, again.Step(ids).ToArray());
        using CudaDecodingBatch other = device.CreateBatch(parameters, Sessions, temperature: 0.7, seed: 4);
        Assert.NotEqual(chosen, other.Step(ids).ToArray());
    }

    private static GruParameters Random()
    {
        var parameters = new GruParameters(s_config);
        ParameterInitializer.Fill(parameters, 1);

        // Scores far enough from each other.
        parameters.Write("out.weight", [.. parameters.Read("out.weight").Select(value => value * 40)]);
        return parameters;
    }
}
