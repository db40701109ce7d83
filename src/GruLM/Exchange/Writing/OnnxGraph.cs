// A model as a graph of ONNX's operators (opset 17): ids and states go in, scores and states come out. A GRU node a layer does what
// docs/model.md says with linear_before_reset, the reset gate applied after the product; ONNX stacks the gates z, r, h where models here
// have r, z, n. Layers run over [time, batch], since not every runtime knows GRU's other layout. Weights keep their names and shapes but
// for the layers', which a GRU node takes in its own.

using System.Globalization;
using System.Runtime.InteropServices;
using GruLM.Formats;
using GruLM.Formats.Proto;
using GruLM.Model;

namespace GruLM;

/// <summary>Makes the graph of one model. Not thread-safe.</summary>
internal sealed class OnnxGraph
{
    private const int OpsetVersion = 17, IrVersion = 8;
    private const string Ids = "ids", State = "state", Logits = "logits", NextState = "next_state", Batch = "batch", Time = "time";
    private const string Embedding = "embedding.weight", Output = "out.weight";

    private readonly GruParameters _parameters;
    private readonly GraphProto _graph = new() { Name = "grulm" };
    private readonly List<NamedTensor> _tensors = [];

    private OnnxGraph(GruParameters parameters) => _parameters = parameters;

    private GruConfig Config => _parameters.Config;

    /// <summary>The graph of a model and the tensors that belong to it, whose numbers are read when they are written.</summary>
    public static (ModelProto Model, IReadOnlyList<NamedTensor> Tensors) Of(ModelParts parts)
    {
        var graph = new OnnxGraph(parts.Parameters);
        graph.Build();
        var model = new ModelProto
        {
            IrVersion = IrVersion,
            ProducerName = "GruLM",
            ProducerVersion = GrulmVersion.Text,
            DocString = $"A GRU language model. {Ids} [{Batch}, {Time}] and {State} [layers, {Batch}, units], zeros at the start, go in; "
                + $"{Logits} [{Batch}, {Time}, pieces] of the next token and {NextState}, the state of the next call, come out.",
            Graph = graph._graph,
            OpsetImport = { new OperatorSetIdProto { Domain = "", Version = OpsetVersion } },
        };
        foreach ((string key, string value) in About(parts))
        {
            model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        }

        return (model, graph._tensors);
    }

    // The names of config.json, and the ids that a program needs which writes text.
    private static IEnumerable<(string Key, string Value)> About(ModelParts parts)
    {
        GruConfig config = parts.Parameters.Config;
        var ids = SpecialIds.Of(parts);
        yield return ("model_type", "grulm");
        yield return ("vocab_size", Text(config.VocabSize));
        yield return ("embedding_dim", Text(config.EmbeddingDim));
        yield return ("hidden_dim", Text(config.HiddenDim));
        yield return ("num_layers", Text(config.NumLayers));
        yield return ("tie_weights", config.TieWeights ? "true" : "false");
        yield return ("layer_norm", config.LayerNorm ? "true" : "false");
        yield return ("residual", config.Residual ? "true" : "false");
        yield return ("samples", parts.Samples == SampleKind.Lines ? "lines" : "stream");
        yield return ("opening", config.Opening ? "true" : "false");
        yield return ("opening_id", Text(ids.Opening));
        yield return ("stop_ids", string.Join(' ', ids.Stops.Select(Text)));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void Build()
    {
        _graph.Input.Add(Describe(Ids, TensorProto.Types.DataType.Int64, Named(Batch), Named(Time)));
        _graph.Input.Add(Describe(State, TensorProto.Types.DataType.Float, Fixed(Config.NumLayers), Named(Batch), Fixed(Config.HiddenDim)));
        _graph.Output.Add(Describe(Logits, TensorProto.Types.DataType.Float, Named(Batch), Named(Time), Fixed(Config.VocabSize)));
        _graph.Output.Add(
            Describe(NextState, TensorProto.Types.DataType.Float, Fixed(Config.NumLayers), Named(Batch), Fixed(Config.HiddenDim)));

        Keep(Embedding);
        Add("Transpose", [Ids], ["ids_by_time"], Whole("perm", 1, 0));
        Add("Gather", [Embedding, "ids_by_time"], ["embedded"], Whole("axis", 0));
        AddOutputLayer(AddLayers("embedded"));
    }

    // From what the first layer reads [time, batch, E] to what the last one hands on [time, batch, H].
    private string AddLayers(string below)
    {
        string[] before = [State], after = [NextState];
        if (Config.NumLayers > 1)
        {
            before = [.. Enumerable.Range(0, Config.NumLayers).Select(l => $"state_l{l}")];
            after = [.. Enumerable.Range(0, Config.NumLayers).Select(l => $"next_state_l{l}")];
            Add("Split", [State], before, Whole("axis", 0));
        }

        KeepNumbers("directions", 1);
        for (int l = 0; l < Config.NumLayers; l++)
        {
            string read = below;
            if (l > 0 && Config.LayerNorm)
            {
                read = $"normalised_l{l}";
                string[] from = [below, Keep($"norm.weight_l{l}"), Keep($"norm.bias_l{l}")];
                Add("LayerNormalization", from, [read], Whole("axis", -1), Fraction("epsilon", LayerNorm.Epsilon));
            }

            string[] weights = KeepLayer(l);
            Add(
                "GRU", [read, .. weights, "", before[l]], [$"states_l{l}", after[l]], Whole("hidden_size", Config.HiddenDim),
                Whole("linear_before_reset", 1));
            Add("Squeeze", [$"states_l{l}", "directions"], [$"y_l{l}"]);
            bool adds = l > 0 && Config.Residual;
            if (adds) Add("Add", [$"y_l{l}", below], [$"sum_l{l}"]);
            below = adds ? $"sum_l{l}" : $"y_l{l}";
        }

        if (Config.NumLayers > 1) Add("Concat", after, [NextState], Whole("axis", 0));
        return below;
    }

    // Over rows [batch · time, H], so that the weights [V, H] are read as they lie, tied or not.
    private void AddOutputLayer(string y)
    {
        string weights = Config.TieWeights ? Embedding : Keep(Output);
        KeepNumbers("pieces", Config.VocabSize);
        Add("Transpose", [y], ["y_by_lane"], Whole("perm", 1, 0, 2));
        Add("Flatten", ["y_by_lane"], ["rows"], Whole("axis", 2));
        Add("Gemm", ["rows", weights], ["logits_of_rows"], Whole("transB", 1));
        Add("Shape", [Ids], ["sizes"]);
        Add("Concat", ["sizes", "pieces"], ["logits_shape"], Whole("axis", 0));
        Add("Reshape", ["logits_of_rows", "logits_shape"], [Logits]);
    }

    private string Keep(string name)
    {
        _tensors.Add(NarrowNumbers.Tensor(_parameters, _parameters.Views.First(view => view.Name == name), TensorType.F32));
        return name;
    }

    private void KeepNumbers(string name, long number) =>
        _tensors.Add(NamedTensor.FromBytes(name, TensorType.I64, MemoryMarshal.AsBytes<long>([number]).ToArray(), 1));

    // W [1, 3H, E], R [1, 3H, H] and B [1, 6H], the first dimension being that of the directions.
    private string[] KeepLayer(int l)
    {
        string w = $"gru.W_l{l}", r = $"gru.R_l{l}", b = $"gru.B_l{l}";
        int h = Config.HiddenDim;
        _tensors.Add(NamedTensor.FromFloats(w, () => InOnnxOrder($"gru.weight_ih_l{l}"), 1, 3 * h, Config.InputDim(l)));
        _tensors.Add(NamedTensor.FromFloats(r, () => InOnnxOrder($"gru.weight_hh_l{l}"), 1, 3 * h, h));
        float[] biases = [.. InOnnxOrder($"gru.bias_ih_l{l}"), .. InOnnxOrder($"gru.bias_hh_l{l}")];
        _tensors.Add(NamedTensor.FromFloats(b, biases, 1, 6 * h));
        return [w, r, b];
    }

    // From the gates r, z, n to z, r, n.
    private float[] InOnnxOrder(string name)
    {
        ReadOnlySpan<float> gates = _parameters.Span(name);
        int gate = gates.Length / 3;
        float[] ordered = new float[gates.Length];
        gates[gate..(2 * gate)].CopyTo(ordered);
        gates[..gate].CopyTo(ordered.AsSpan(gate));
        gates[(2 * gate)..].CopyTo(ordered.AsSpan(2 * gate));
        return ordered;
    }

    private void Add(string type, string[] from, string[] to, params ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { Name = $"{type} {to[0]}", OpType = type, Input = { from }, Output = { to } };
        foreach (AttributeProto attribute in attributes) node.Attribute.Add(attribute);
        _graph.Node.Add(node);
    }

    private static AttributeProto Whole(string name, long number) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = number };

    private static AttributeProto Whole(string name, params long[] numbers) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Ints, Ints = { numbers } };

    private static AttributeProto Fraction(string name, float number) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = number };

    private static ValueInfoProto Describe(
        string name, TensorProto.Types.DataType type, params ReadOnlySpan<TensorShapeProto.Types.Dimension> sizes)
    {
        var shape = new TensorShapeProto();
        foreach (TensorShapeProto.Types.Dimension size in sizes) shape.Dim.Add(size);
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }

    private static TensorShapeProto.Types.Dimension Named(string name) => new() { DimParam = name };

    private static TensorShapeProto.Types.Dimension Fixed(long size) => new() { DimValue = size };
}
