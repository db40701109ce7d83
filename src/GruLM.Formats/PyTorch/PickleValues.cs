// What a pickle of tensors is made of beside numbers, strings and lists.

namespace GruLM.Formats;

/// <summary>Pairs in the order in which they were set; a key set twice keeps its place and takes the last value.</summary>
internal sealed class PickleDictionary
{
    private readonly Dictionary<object, int> _places = [];
    private readonly List<KeyValuePair<object, object?>> _pairs = [];

    /// <summary>The pairs.</summary>
    public IReadOnlyList<KeyValuePair<object, object?>> Pairs => _pairs;

    /// <summary>Sets a pair; keys that are neither strings nor numbers are left out, since nobody can ask for them.</summary>
    public void Add(object? key, object? value)
    {
        if (key is not (string or long or double or bool)) return;
        if (_places.TryAdd(key, _pairs.Count)) _pairs.Add(new(key, value));
        else _pairs[_places[key]] = new(key, value);
    }

    /// <summary>The value of a string; null where there is none.</summary>
    public object? this[string key] => _places.TryGetValue(key, out int place) ? _pairs[place].Value : null;
}

/// <summary>Several values.</summary>
internal sealed record PickleTuple(object?[] Items);

/// <summary>Something of Python's that a pickle refers to by its name.</summary>
internal sealed record PickleName(string Module, string Name)
{
    private static readonly HashSet<string> s_known =
    [
        "collections.OrderedDict", "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter",
        "torch.Size", "torch.device", "torch.float16", "torch.bfloat16", "torch.float32", "torch.float64", "torch.int8", "torch.uint8",
        "torch.int16", "torch.int32", "torch.int64", "torch.bool",
    ];

    private static readonly Dictionary<string, TensorType> s_storages = new()
    {
        ["torch.FloatStorage"] = TensorType.F32,
        ["torch.HalfStorage"] = TensorType.F16,
        ["torch.BFloat16Storage"] = TensorType.BF16,
        ["torch.DoubleStorage"] = TensorType.F64,
        ["torch.LongStorage"] = TensorType.I64,
        ["torch.IntStorage"] = TensorType.I32,
        ["torch.ShortStorage"] = TensorType.I16,
        ["torch.CharStorage"] = TensorType.I8,
        ["torch.ByteStorage"] = TensorType.U8,
        ["torch.BoolStorage"] = TensorType.Bool,
    };

    /// <summary>Module and name.</summary>
    public string Full => $"{Module}.{Name}";

    /// <summary>The type of the elements of the storage that it names; null when it names none.</summary>
    public TensorType? Storage => s_storages.TryGetValue(Full, out TensorType type) ? type : null;

    /// <summary>The name, where it is one of those that dictionaries of tensors refer to; else null.</summary>
    public static PickleName? Known(string module, string name)
    {
        var known = new PickleName(module, name);
        return s_known.Contains(known.Full) || known.Storage is not null ? known : null;
    }
}
