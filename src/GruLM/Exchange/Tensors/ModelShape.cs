// What model tensors make: sizes are read off their shapes, and everything that this architecture does not have is refused by the tensor
// that shows it.

using GruLM.Model;

namespace GruLM;

/// <summary>Reads an architecture off tensors. Not thread-safe.</summary>
internal sealed class ModelShape(string path, IReadOnlyDictionary<string, ForeignTensor> tensors)
{
    /// <summary>The sizes; whether the output layer is tied is decided by the numbers, and told by <paramref name="isTied"/>.</summary>
    /// <exception cref="InvalidDataException">The tensors make no model of this architecture.</exception>
    public GruConfig Read(Func<bool> isTied)
    {
        Refuse(
            name => name.EndsWith("_reverse", StringComparison.Ordinal),
            "is of a GRU that reads backwards too; models here read forwards");
        Refuse(name => name.Contains("_hr_l", StringComparison.Ordinal), "is of a projection, which models here do not have");
        ForeignTensor embedding = Matrix("embedding.weight");
        ForeignTensor first = Matrix("gru.weight_hh_l0");
        long vocabulary = embedding.Shape[0], width = embedding.Shape[1], units = first.Shape[1];
        CheckGates(first, units);
        int layers = Layers();
        for (int l = 0; l < layers; l++)
        {
            Expect(Matrix($"gru.weight_ih_l{l}"), 3 * units, l == 0 ? width : units);
            Expect(Matrix($"gru.weight_hh_l{l}"), 3 * units, units);
            foreach (string bias in (string[])[$"gru.bias_ih_l{l}", $"gru.bias_hh_l{l}"])
            {
                if (tensors.TryGetValue(bias, out ForeignTensor? found)) Expect(found, 3 * units);
            }
        }

        bool norm = CheckNorms(layers, units);
        if (tensors.TryGetValue("out.weight", out ForeignTensor? output)) Expect(output, vocabulary, units);
        CheckOutputBias(vocabulary);
        return Validated(vocabulary, width, units, layers, norm, isTied);
    }

    private GruConfig Validated(long vocabulary, long width, long units, int layers, bool norm, Func<bool> isTied)
    {
        if (vocabulary > int.MaxValue || width > int.MaxValue || units > int.MaxValue)
        {
            throw new InvalidDataException($"{path}: its tensors are larger than any model here");
        }

        var config = new GruConfig
        {
            VocabSize = (int)vocabulary,
            EmbeddingDim = (int)width,
            HiddenDim = (int)units,
            NumLayers = layers,
            LayerNorm = norm,
        };
        try
        {
            config.Validate();
            config = config with { TieWeights = isTied() };
            config.Validate();
            return config;
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"{path}: {error.Message}", error);
        }
    }

    private void CheckGates(ForeignTensor recurrent, long units)
    {
        long rows = recurrent.Shape[0];
        if (units > 0 && rows == 3 * units) return;
        string kind = rows == 4 * units ? "that is an LSTM's, of four gates" : rows == units ? "that is a plain RNN's, without gates"
            : "its rows are not three times its columns";
        throw Wrong(recurrent, $"is no GRU's: {kind}; models here are GRUs");
    }

    private int Layers()
    {
        int layers = 0;
        while (tensors.ContainsKey($"gru.weight_hh_l{layers}")) layers++;
        Refuse(
            name => name.StartsWith("gru.", StringComparison.Ordinal) && LayerOf(name) >= layers,
            $"is of a layer after the {layers} whose recurrent weights are there");
        return layers;
    }

    private bool CheckNorms(int layers, long units)
    {
        List<string> norms = [.. tensors.Keys.Where(name => name.StartsWith("norm.", StringComparison.Ordinal))];
        if (norms.Count == 0) return false;
        Refuse(
            name => name.StartsWith("norm.", StringComparison.Ordinal) && (LayerOf(name) < 1 || LayerOf(name) >= layers),
            $"normalises what no layer reads here; layers 1 to {layers - 1} of {layers} can have one");
        for (int l = 1; l < layers; l++)
        {
            Expect(Present($"norm.weight_l{l}"), units);
            Expect(Present($"norm.bias_l{l}"), units);
        }

        return true;
    }

    private void CheckOutputBias(long vocabulary)
    {
        if (!tensors.TryGetValue("out.bias", out ForeignTensor? bias)) return;
        Expect(bias, vocabulary);
        float[] numbers = new float[vocabulary];
        bias.Read(numbers);
        if (numbers.AsSpan().ContainsAnyExcept(0f))
        {
            throw Wrong(bias, "is an output bias that is not zero, which models here do not have; train it with bias=False");
        }
    }

    private void Refuse(Func<string, bool> isWrong, string what)
    {
        if (tensors.Keys.FirstOrDefault(isWrong) is { } name) throw Wrong(tensors[name], what);
    }

    private static int LayerOf(string name) => int.Parse(name[(name.LastIndexOf("_l", StringComparison.Ordinal) + 2)..]);

    private ForeignTensor Matrix(string name)
    {
        ForeignTensor tensor = Present(name);
        if (tensor.Shape is not [> 0, > 0]) throw Wrong(tensor, "is no matrix");
        return tensor;
    }

    private ForeignTensor Present(string name)
    {
        if (tensors.TryGetValue(name, out ForeignTensor? tensor)) return tensor;
        string some = string.Join(", ", tensors.Values.Take(8).Select(t => t.Shown));
        string present = tensors.Count == 0 ? "none" : tensors.Count > 8 ? some + ", …" : some;
        throw new InvalidDataException(
            $"{path}: has no tensor {name} (it holds {present}); where it has another name there, give a 'Map' from its names to these");
    }

    private void Expect(ForeignTensor tensor, params long[] shape)
    {
        if (!tensor.Shape.SequenceEqual(shape)) throw Wrong(tensor, $"was expected with shape [{string.Join(", ", shape)}]");
    }

    private InvalidDataException Wrong(ForeignTensor tensor, string what) =>
        new($"{path}: tensor {tensor.Shown} of shape {tensor.Sizes} {what}");
}
