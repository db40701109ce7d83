// Vectors of texts: the mean of the top layer's states, by the plain session that reads one token after another.

using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using Microsoft.Extensions.AI;

namespace GruLM.Tests;

public sealed class GruEmbeddingGeneratorTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_vector_is_the_mean_of_the_top_states(bool normalize)
    {
        using var tiny = new TinyModel(SampleKind.Stream);
        using LanguageModel model = tiny.Open();
        using var generator = new GruEmbeddingGenerator(model, normalize);
        string[] texts = ["How are you?", "", "😀 bees\r\n", "How are you?"];
        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(texts);
        Assert.Equal(texts.Length, embeddings.Count);
        Assert.Equal(embeddings[0].Vector.ToArray(), embeddings[3].Vector.ToArray());
        (GruParameters parameters, _) = ModelFile.Load(tiny.Folder);
        using (parameters)
        {
            using var compute = Compute.Create(1);
            long tokens = 0;
            foreach ((string text, Embedding<float> embedding) in texts.Zip(embeddings))
            {
                int[] ids = [.. model.PromptIds(text)];
                tokens += ids.Length;
                using var session = new DecodingSession(parameters, compute);
                List<float[]> states = [];
                foreach (int id in ids)
                {
                    session.Read(id);
                    states.Add(session.SaveState()[^24..]);
                }

                if (states.Count > 1) states.RemoveAt(0);
                double[] mean = [.. Enumerable.Range(0, 24).Select(j => states.Average(state => (double)state[j]))];
                double length = normalize ? Math.Sqrt(mean.Sum(number => number * number)) : 1;
                Assert.All(mean.Zip(embedding.Vector.ToArray()), pair => Assert.Equal(pair.First / length, pair.Second, 1e-5));
            }

            Assert.Equal(tokens, embeddings.Usage!.InputTokenCount);
        }

        await Assert.ThrowsAsync<ArgumentException>(
            () => generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { Dimensions = 3 }));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => generator.GenerateAsync(["a"], cancellationToken: new CancellationToken(canceled: true)));
        Assert.Same(model, generator.GetService(typeof(LanguageModel)));
    }
}
