// What the few names mean that a pickle of tensors may call.

namespace GruLM.Formats;

/// <summary>Makes values out of a name and what stands behind it. Thread-safe: it has no state.</summary>
internal static class PickleObjects
{
    private const int MostDimensions = 8;

    /// <summary>The value that <paramref name="name"/> makes of <paramref name="arguments"/>.</summary>
    public static object? Make(PickleReader reader, PickleName name, PickleTuple arguments)
    {
        object?[] items = arguments.Items;
        return name.Full switch
        {
            "collections.OrderedDict" => Dictionary(reader, items),
            "torch._utils._rebuild_tensor" or "torch._utils._rebuild_tensor_v2" => Tensor(reader, items),
            "torch._utils._rebuild_parameter" when items is [PyTorchTensor tensor, ..] => tensor,
            "torch.Size" when items is [PickleTuple size] => size,
            "torch.device" when items is [string device, ..] => device,
            _ => throw reader.Wrong($"calls {name.Full} with something else than what belongs there"),
        };
    }

    private static PickleDictionary Dictionary(PickleReader reader, object?[] items)
    {
        var dictionary = new PickleDictionary();
        if (items.Length == 0) return dictionary;
        if (items is not [List<object?> pairs]) throw reader.Wrong("has a dictionary of something else than pairs");
        foreach (object? pair in pairs)
        {
            switch (pair)
            {
                case List<object?> and [var key, var value]:
                    dictionary.Add(key, value);
                    break;
                case PickleTuple { Items: [var key, var value] }:
                    dictionary.Add(key, value);
                    break;
                default:
                    throw reader.Wrong("has a dictionary of something else than pairs");
            }
        }

        return dictionary;
    }

    // A storage (a kind of elements, a name in the file, a device, a number of elements), where the tensor begins in it, sizes, strides.
    private static PyTorchTensor Tensor(PickleReader reader, object?[] items)
    {
        if (items is not
            [
                PickleTuple { Items: ["storage", PickleName { Storage: { } type }, string key, string, long stored, ..] },
                long offset, PickleTuple sizes, PickleTuple strides, ..
            ])
        {
            throw reader.Wrong("has a tensor of something else than a storage, a place, sizes and strides");
        }

        long[] shape = Numbers(reader, sizes), steps = Numbers(reader, strides);
        if (shape.Length > MostDimensions || shape.Length != steps.Length) throw reader.Wrong("has a tensor with odd dimensions");
        if (stored < 0 || offset < 0 || offset > stored || !Fits(shape, steps, offset, stored))
        {
            string size = string.Join(", ", shape);
            throw reader.Wrong($"has a tensor of shape [{size}] that reaches beyond its storage of {stored} numbers");
        }

        return new PyTorchTensor("", type, shape) { Storage = key, StorageElements = stored, Offset = offset, Strides = steps };
    }

    private static long[] Numbers(PickleReader reader, PickleTuple tuple)
    {
        long[] numbers = new long[tuple.Items.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = tuple.Items[i] is long number and >= 0
                ? number
                : throw reader.Wrong("has a tensor whose sizes or strides are no whole numbers from 0 on");
        }

        return numbers;
    }

    // Tensors that show a number of their storage several times, as expand makes them, are refused too: they could be of any size.
    private static bool Fits(long[] shape, long[] steps, long offset, long stored)
    {
        Int128 count = 1, last = offset;
        for (int i = 0; i < shape.Length; i++)
        {
            count *= shape[i];
            if (count == 0) return true;
            if (count > stored) return false;
            last += (Int128)(shape[i] - 1) * steps[i];
        }

        return last < stored;
    }
}
