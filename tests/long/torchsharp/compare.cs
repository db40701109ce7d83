// usage: compare.cs CONFIG.json MODEL.pt MODEL.safetensors SCORES.jsonl: loads both exported files in TorchSharp and compares the
// log-probabilities of a text with those that grulm score wrote. A program of one file, outside the solution; run.sh builds and runs it.
#:package TorchSharp-cpu@0.107.0
#:package TorchSharp.PyBridge@1.4.4
#:property PublishAot=false

using System.Globalization;
using System.Text.Json;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.PyBridge;
using static TorchSharp.torch;

using var config = JsonDocument.Parse(File.ReadAllBytes(args[0]));
JsonElement[] scores = [.. File.ReadLines(args[3]).Select(line => JsonDocument.Parse(line).RootElement)];
long[] ids = [.. scores.Select(score => score.GetProperty("id").GetInt64())];
float[] expected = [.. scores.Skip(1).Select(score => score.GetProperty("logprob").GetSingle())];
bool allHold = true;
foreach (string path in args[1..3])
{
    using var scope = NewDisposeScope();
    using IDisposable still = no_grad();
    var model = new Model(config.RootElement);
    if (path.EndsWith(".pt", StringComparison.Ordinal)) model.load_py(path, strict: true);
    else model.load_safetensors(path, strict: !model.IsTied);
    Tensor logits = model.call(tensor(ids[..^1]).unsqueeze(0), tied: model.IsTied && !path.EndsWith(".pt", StringComparison.Ordinal));
    Tensor found = nn.functional.log_softmax(logits[0], -1).gather(1, tensor(ids[1..]).unsqueeze(1)).squeeze(1);
    float worst = (found - tensor(expected)).abs().max().item<float>();
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{Path.GetExtension(path)}: {expected.Length} tokens, largest difference {worst:0.0e0}"));
    allHold &= worst <= 1e-4;
}

return allHold ? 0 : 1;

/// <summary>Tensors by the names that they have in the files.</summary>
internal sealed class Tensors : nn.Module
{
    public Tensors(string name, IEnumerable<(string Name, long[] Shape)> tensors)
        : base(name)
    {
        foreach ((string tensor, long[] shape) in tensors) register_parameter(tensor, new Parameter(zeros(shape)));
    }

    public Tensor this[string name] => get_parameter(name)!;
}

/// <summary>A model of GruLM's: ids [1, time] in, logits [1, time, vocabulary] out.</summary>
internal sealed class Model : nn.Module
{
    private readonly Tensors embedding, gru, norm, output;
    private readonly bool _normalises, _adds;
    private readonly int _units, _layers;

    public Model(JsonElement config)
        : base(nameof(Model))
    {
        int pieces = Number("vocab_size"), width = Number("embedding_dim");
        (_units, _layers) = (Number("hidden_dim"), Number("num_layers"));
        (IsTied, _normalises, _adds) = (Is("tie_weights"), Is("layer_norm"), Is("residual"));
        embedding = new Tensors("embedding", [("weight", [pieces, width])]);
        gru = new Tensors("gru", Enumerable.Range(0, _layers).SelectMany(l => ((string, long[])[])
        [
            ($"weight_ih_l{l}", [3 * _units, l == 0 ? width : _units]), ($"weight_hh_l{l}", [3 * _units, _units]),
            ($"bias_ih_l{l}", [3 * _units]), ($"bias_hh_l{l}", [3 * _units]),
        ]));
        norm = new Tensors("norm", Enumerable.Range(1, _normalises ? _layers - 1 : 0).SelectMany(l => ((string, long[])[])
            [($"weight_l{l}", [_units]), ($"bias_l{l}", [_units])]));
        output = new Tensors("out", [("weight", [pieces, _units])]);
        register_module("embedding", embedding);
        register_module("gru", gru);
        register_module("norm", norm);
        register_module("out", output);

        int Number(string name) => config.GetProperty(name).GetInt32();
        bool Is(string name) => config.TryGetProperty(name, out JsonElement value) && value.GetBoolean();
    }

    public bool IsTied { get; }

    public Tensor call(Tensor ids, bool tied)
    {
        Tensor x = embedding["weight"].index_select(0, ids[0]).unsqueeze(0);
        for (int l = 0; l < _layers; l++)
        {
            Tensor read = x;
            if (l > 0 && _normalises) read = nn.functional.layer_norm(x, [_units], norm[$"weight_l{l}"], norm[$"bias_l{l}"]);
            GRU layer = nn.GRU(read.shape[2], _units, batchFirst: true);
            foreach ((string name, Parameter parameter) in layer.named_parameters()) parameter.copy_(gru[name.Replace("_l0", $"_l{l}")]);
            Tensor y = layer.call(read).Item1;
            x = _adds && l > 0 ? x + y : y;
        }

        return x.matmul((tied ? embedding : output)["weight"].t());
    }
}
