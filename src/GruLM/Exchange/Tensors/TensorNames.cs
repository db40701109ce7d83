// The tensors of a file under the names that they have here: renamed by a table, and without what wrappers put before every name, such as
// module. or _orig_mod. What such a prefix is, the name of the first recurrent weights tells.

using System.Text.RegularExpressions;

namespace GruLM;

/// <summary>Finds tensors by our names.</summary>
internal static partial class TensorNames
{
    private const string FirstRecurrent = "gru.weight_hh_l0";

    /// <summary>The tensors by our names.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="map">Their names to ours; an empty one leaves a tensor out. Null: names are ours.</param>
    /// <exception cref="InvalidDataException">A name is unknown, or two tensors have one.</exception>
    public static Dictionary<string, ForeignTensor> Find(ForeignWeights weights, IReadOnlyDictionary<string, string>? map)
    {
        var renamed = new List<(string Name, ForeignTensor Tensor)>();
        foreach (ForeignTensor tensor in weights.Tensors)
        {
            string name = map?.GetValueOrDefault(tensor.Name) ?? tensor.Name;
            if (name.Length > 0) renamed.Add((name, tensor));
        }

        if (map?.Keys.FirstOrDefault(key => weights.Tensors.All(t => t.Name != key)) is { } absent)
        {
            string some = string.Join(", ", weights.Tensors.Take(8).Select(t => t.Shown));
            throw new InvalidDataException(
                $"{weights.Path}: has no tensor {ForeignTensor.Shorten(absent)}, which 'Map' names; it holds {some}, …");
        }

        string prefix = Prefix(renamed.Select(pair => pair.Name));
        var found = new Dictionary<string, ForeignTensor>(StringComparer.Ordinal);
        foreach ((string name, ForeignTensor tensor) in renamed)
        {
            string own = name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name;
            if (!Known().IsMatch(own)) throw Unknown(weights.Path, tensor);
            if (!found.TryAdd(own, tensor))
            {
                throw new InvalidDataException($"{weights.Path}: two tensors are to be {own}; tensor {tensor.Shown} is the second");
            }
        }

        return found;
    }

    private static string Prefix(IEnumerable<string> names)
    {
        string? first = names.FirstOrDefault(
            name => name == FirstRecurrent || name.EndsWith("." + FirstRecurrent, StringComparison.Ordinal));
        return first?[..^FirstRecurrent.Length] ?? "";
    }

    private static InvalidDataException Unknown(string path, ForeignTensor tensor) => new(
        $"{path}: tensor {tensor.Shown} of shape {tensor.Sizes} is unknown; "
        + "expected were embedding.weight, gru.weight_ih_l0, gru.weight_hh_l0, gru.bias_ih_l0, gru.bias_hh_l0 (l1, … for further layers), "
        + "norm.weight_l1, norm.bias_l1, … and out.weight; give a 'Map' from its names to these");

    // What a GRU of PyTorch may hold besides is known as well, so that what is said of it is what is wrong with it.
    [GeneratedRegex(
        @"^(embedding\.weight|out\.(weight|bias)|gru\.(weight|bias)_(ih|hh|hr)_l[0-9]{1,3}(_reverse)?|norm\.(weight|bias)_l[0-9]{1,3})\z")]
    private static partial Regex Known();
}
