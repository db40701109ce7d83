// What is exported as ONNX gives in ONNX Runtime what the model gives here, for every kind of model, in steps and in whole sequences.

using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Formats;
using GruLM.Formats.Proto;
using GruLM.Generation;
using GruLM.Model;

namespace GruLM.Tests;

public sealed class OnnxExportTests : IDisposable
{
    private const float Within = 1e-4f;

    private readonly ExchangeFixture _fixture = new();

    public static TheoryData<bool, bool, bool, int> Kinds
    {
        get
        {
            bool[] either = [false, true];
            return
            [
                .. from tied in either from norm in either from residual in either from layers in Enumerable.Range(1, 3)
                   select (tied, norm, residual, layers),
            ];
        }
    }

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Logits_and_states_are_those_of_the_model(bool tied, bool norm, bool residual, int layers)
    {
        string source = Make(Kind(tied, norm, residual, layers));
        using OnnxSession session = Export(source);
        foreach (int batch in (int[])[1, 7])
        {
            foreach (int time in (int[])[1, 12]) AssertSame(source, session, batch, time);
        }
    }

    [Fact]
    public void A_model_of_lines_without_an_opening_is_exported_too()
    {
        var import = new ImportSettings
        {
            Weights = ExchangeFixture.File("original.pt"),
            Tokenizer = ExchangeFixture.Tokenizer,
            OutDir = _fixture.Model,
        };
        ModelImport.Run(import, TestContext.Current.CancellationToken);

        using OnnxSession session = Export(_fixture.Model);

        AssertSame(_fixture.Model, session, batch: 7, time: 12);
        IReadOnlyDictionary<string, string> about = session.Metadata.CustomMetadataMap;
        Assert.Equal(("lines", "false", "-1"), (about["samples"], about["opening"], about["opening_id"]));
    }

    [Fact]
    public void However_a_text_is_cut_the_carried_state_makes_one_of_it()
    {
        using OnnxSession session = Export(Make(Kind(tied: false, norm: true, residual: true, layers: 2)));
        Gen<int[]> texts = Gen.Choose(0, 59).ArrayOf(24);
        Gen<int[]> lengths = Gen.Choose(1, 12).ArrayOf(24);
        Prop.ForAll(texts.ToArbitrary(), lengths.ToArbitrary(), (ids, parts) =>
        {
            const int Batch = 2, Time = 12;
            (float[] whole, float[] last) = session.Run(ids, Batch);
            float[]? state = null;
            float[] logits = new float[whole.Length];
            int pieces = whole.Length / ids.Length;
            for (int at = 0, i = 0; at < Time; i++)
            {
                int length = Math.Min(parts[i], Time - at);
                int[] part = [.. Enumerable.Range(0, Batch).SelectMany(lane => ids[((lane * Time) + at)..][..length])];
                (float[] found, state) = session.Run(part, Batch, state);
                for (int lane = 0; lane < Batch; lane++)
                {
                    int numbers = length * pieces;
                    found.AsSpan(lane * numbers, numbers).CopyTo(logits.AsSpan(((lane * Time) + at) * pieces));
                }

                at += length;
            }

            AssertClose(whole, logits, 1e-5f);
            AssertClose(last, state!, 1e-5f);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_file_says_what_it_is()
    {
        string source = Make(Kind(tied: true, norm: false, residual: true, layers: 3));
        using OnnxSession session = Export(source);

        Assert.Equal(("GruLM", "grulm"), (session.Metadata.ProducerName, session.Metadata.GraphName));
        Assert.Contains("zeros at the start", session.Metadata.Description, StringComparison.Ordinal);
        Assert.Equal(["ids", "state"], session.Inputs.Keys.Order());
        Assert.Equal(["logits", "next_state"], session.Outputs.Keys.Order());
        Assert.Equal(typeof(long), session.Inputs["ids"].ElementType);
        Assert.Equal(["batch", "time"], session.Inputs["ids"].SymbolicDimensions);
        Assert.Equal(["batch", "time", ""], session.Outputs["logits"].SymbolicDimensions);
        Assert.Equal(["", "batch", ""], session.Outputs["next_state"].SymbolicDimensions);
        (string Key, string Value)[] expected =
        [
            ("embedding_dim", "8"), ("hidden_dim", "8"), ("layer_norm", "false"), ("model_type", "grulm"), ("num_layers", "3"),
            ("opening", "true"), ("residual", "true"), ("samples", "stream"), ("tie_weights", "true"), ("vocab_size", "60"),
        ];
        IReadOnlyDictionary<string, string> about = session.Metadata.CustomMetadataMap;
        Assert.All(expected, pair => Assert.Equal(pair.Value, about[pair.Key]));
        Assert.Equal(expected.Length + 2, about.Count);

        ModelProto file = ModelProto.Parser.ParseFrom(File.ReadAllBytes(_fixture.In("x.onnx")));
        Assert.Equal((8, 17), (file.IrVersion, file.OpsetImport.Single().Version));
        Assert.Equal(GrulmVersion.Text, file.ProducerVersion);
        Assert.DoesNotContain(file.Graph.Initializer, tensor => tensor.Name == "out.weight");
        Assert.All(file.Graph.Node.Where(node => node.OpType == "GRU"), node =>
            Assert.Equal(1, node.Attribute.Single(attribute => attribute.Name == "linear_before_reset").I));
        Assert.Empty(Directory.GetFileSystemEntries(_fixture.Root, "*.tmp"));
    }

    [Fact]
    public void Weights_in_a_second_file_are_the_same_model()
    {
        string source = Make(Kind(tied: false, norm: true, residual: true, layers: 2)), path = _fixture.In("x.onnx");
        var parts = ModelParts.Read(source);
        using GruParameters parameters = parts.Parameters;
        (ModelProto model, IReadOnlyList<NamedTensor> tensors) = OnnxGraph.Of(parts);
        OnnxWriter.Write(path, model, tensors, outside: true);

        using var session = new OnnxSession(path);
        AssertSame(source, session, batch: 7, time: 12);
        TensorProto[] outside =
        [
            .. ModelProto.Parser.ParseFrom(File.ReadAllBytes(path)).Graph.Initializer
                .Where(tensor => tensor.DataLocation == TensorProto.Types.DataLocation.External),
        ];
        Assert.Contains("embedding.weight", outside.Select(tensor => tensor.Name));
        Assert.All(outside, tensor => Assert.Equal("x.onnx.data", tensor.ExternalData[0].Value));
        Assert.All(outside, tensor => Assert.Equal(0, long.Parse(tensor.ExternalData[1].Value, CultureInfo.InvariantCulture) % 4096));
    }

    [Fact]
    public void A_file_that_is_there_is_replaced_and_stays_when_that_fails()
    {
        string source = Make(Kind(tied: true, norm: false, residual: false, layers: 1)), path = _fixture.In("x.onnx");
        var settings = new ExportSettings { Model = source, Out = path };
        File.WriteAllText(path, "old");
        Assert.Throws<FileNotFoundException>(() => ModelExport.ToOnnx(settings with { Model = _fixture.Root }));
        Assert.Equal("old", File.ReadAllText(path));

        ModelExport.ToOnnx(settings);
        byte[] first = File.ReadAllBytes(path);
        ModelExport.ToOnnx(settings);
        Assert.Equal(first, File.ReadAllBytes(path));
        Assert.Throws<DirectoryNotFoundException>(() => ModelExport.ToOnnx(settings with { Out = _fixture.In("no/x.onnx") }));
        Assert.Throws<IOException>(() => ModelExport.ToOnnx(settings with { Out = source }));
        Assert.Equal(first, File.ReadAllBytes(path));
    }

    private static GruConfig Kind(bool tied, bool norm, bool residual, int layers) => new()
    {
        VocabSize = 60,
        EmbeddingDim = tied ? 8 : 6,
        HiddenDim = 8,
        NumLayers = layers,
        TieWeights = tied,
        LayerNorm = norm,
        Residual = residual,
    };

    private string Make(GruConfig config)
    {
        string folder = _fixture.In("source");
        using var parameters = new GruParameters(config);
        var random = new Random(config.NumLayers);
        foreach (ParameterView view in parameters.Views)
        {
            parameters.Write(view.Name, [.. Enumerable.Range(0, (int)view.Length).Select(_ => (float)((random.NextDouble() * 2) - 1))]);
        }

        ModelFile.Save(folder, parameters, SampleKind.Stream);
        File.Copy(ExchangeFixture.Tokenizer, Path.Combine(folder, ModelFolder.TokenizerName));
        return folder;
    }

    private OnnxSession Export(string source)
    {
        ModelExport.ToOnnx(new ExportSettings { Model = source, Out = _fixture.In("x.onnx") });
        return new OnnxSession(_fixture.In("x.onnx"));
    }

    private static void AssertSame(string folder, OnnxSession session, int batch, int time)
    {
        using var model = LanguageModel.Open(folder, threads: 1, weights: WeightFormat.Fp32);
        using IDecodingSession own = model.NewExactSession();
        GruConfig config = own.Config;
        var random = new Random(time);
        int[] ids = [.. Enumerable.Range(0, batch * time).Select(_ => random.Next(config.VocabSize))];
        int numbers = config.NumLayers * batch * config.HiddenDim;
        float[] start = [.. Enumerable.Range(0, numbers).Select(_ => (float)random.NextDouble() - 0.5f)];
        (float[] logits, float[] state) = session.Run(ids, batch, start);

        for (int lane = 0; lane < batch; lane++)
        {
            own.RestoreState(LaneOf(start, lane));
            for (int t = 0; t < time; t++)
            {
                int row = (lane * time) + t;
                own.Read(ids[row]);
                AssertClose(own.Logits(), logits.AsSpan(row * config.VocabSize, config.VocabSize), Within);
            }

            AssertClose(own.SaveState(), LaneOf(state, lane), Within);
        }

        // [layers, units] of [layers, batch, units].
        float[] LaneOf(float[] states, int lane) =>
            [.. states.Chunk(config.HiddenDim).Where((_, i) => i % batch == lane).SelectMany(units => units)];
    }

    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> found, float within)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < found.Length; i++) Assert.InRange(found[i] - expected[i], -within, within);
    }
}
