// The checkpoints that Fixtures/Exchange/make_fixtures.py made with PyTorch, and a folder for what is made of them.

using System.Text.Json;
using GruLM.Generation;
using GruLM.Model;

namespace GruLM.Tests;

/// <summary>A folder that is deleted in the end, and the fixtures.</summary>
internal sealed class ExchangeFixture : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("grulm-exchange-").FullName;

    public string Model => In("model");

    public static string Tokenizer => File("tokenizer.model");

    public static string File(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", "Exchange", name);

    public static JsonElement Facts(string name)
    {
        using var document = JsonDocument.Parse(System.IO.File.ReadAllBytes(File(name + ".json")));
        return document.RootElement.Clone();
    }

    public string In(string name) => Path.Combine(Root, name);

    public ImportSettings Import(string file) => new() { Weights = file, Tokenizer = Tokenizer, OutDir = Model };

    /// <summary>Compares a model's logits with those that PyTorch recorded.</summary>
    public static void AssertLogits(string folder, string facts, float within = 1e-5f)
    {
        JsonElement recorded = Facts(facts);
        using var model = LanguageModel.Open(folder, threads: 1, weights: WeightFormat.Fp32);
        using IDecodingSession session = model.NewExactSession();
        int[] ids = [.. recorded.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
        JsonElement[] rows = [.. recorded.GetProperty("logits").EnumerateArray()];
        for (int t = 0; t < ids.Length; t++)
        {
            session.Read(ids[t]);
            float[] expected = [.. rows[t].EnumerateArray().Select(x => x.GetSingle())], found = session.Logits().ToArray();
            Assert.Equal(expected.Length, found.Length);
            for (int i = 0; i < found.Length; i++) Assert.InRange(found[i] - expected[i], -within, within);
        }
    }

    /// <summary>Asserts that two folders hold the same sizes and numbers.</summary>
    public static void AssertSame(string expected, string found)
    {
        (GruParameters first, SampleKind samples) = ModelFile.Load(expected);
        (GruParameters second, SampleKind kind) = ModelFile.Load(found);
        using (first)
        using (second)
        {
            Assert.Equal(first.Config, second.Config);
            Assert.Equal(samples, kind);
            Assert.All(first.Views, view => Assert.Equal(first.Read(view.Name), second.Read(view.Name)));
        }
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
