// Writes ONNX files: a graph that the caller has put together from the messages of onnx.proto, and its tensors. They go into the file
// itself; a protobuf message ends at two gigabytes, so that those of a larger model go into a second file beside it, which ONNX calls
// external data.

using System.Globalization;
using Google.Protobuf;
using GruLM.Formats.Proto;

namespace GruLM.Formats;

/// <summary>Writes ONNX models. Safe for several threads, which write different files.</summary>
internal static class OnnxWriter
{
    /// <summary>What the name of the second file ends with.</summary>
    public const string DataExtension = ".data";

    // The largest message has 2^31 - 1 bytes, and the graph needs some.
    private const long MostBytesInside = int.MaxValue - (1 << 20);

    // Smaller ones stay inside: the sizes among them are read before any file is.
    private const long FewestBytesOutside = 1024;

    // A whole number of pages, so that readers may map the file.
    private const long Alignment = 4096;

    /// <summary>Writes a model, whole or not at all; each of two files, when there are two, the data first.</summary>
    /// <param name="path">Its path; a file that is there is replaced.</param>
    /// <param name="model">The model without its tensors, which are added to its graph.</param>
    /// <param name="tensors">F32 and I64 tensors, each name once.</param>
    /// <param name="outside">Whether the tensors are to lie in a second file however few they are.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Write(string path, ModelProto model, IReadOnlyList<NamedTensor> tensors, bool outside = false)
    {
        if (outside || tensors.Sum(tensor => tensor.ByteCount) > MostBytesInside)
        {
            AtomicFile.Write(path + DataExtension, data => Add(model.Graph, tensors, data, Path.GetFileName(path) + DataExtension));
        }
        else
        {
            foreach (NamedTensor tensor in tensors) AddInside(model.Graph, tensor);
        }

        AtomicFile.Write(path, model.WriteTo);
    }

    private static void Add(GraphProto graph, IReadOnlyList<NamedTensor> tensors, Stream data, string name)
    {
        long position = 0;
        foreach (NamedTensor tensor in tensors)
        {
            if (tensor.ByteCount < FewestBytesOutside)
            {
                AddInside(graph, tensor);
                continue;
            }

            byte[] gap = new byte[(Alignment - (position % Alignment)) % Alignment];
            data.Write(gap);
            position += gap.Length;
            tensor.WriteTo(data);
            TensorProto outside = Describe(tensor);
            outside.DataLocation = TensorProto.Types.DataLocation.External;
            outside.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = name });
            outside.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = Text(position) });
            outside.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = Text(tensor.ByteCount) });
            graph.Initializer.Add(outside);
            position += tensor.ByteCount;
        }
    }

    private static void AddInside(GraphProto graph, NamedTensor tensor)
    {
        byte[] bytes = new byte[checked((int)tensor.ByteCount)];
        tensor.WriteTo(new MemoryStream(bytes));
        TensorProto inside = Describe(tensor);
        inside.RawData = UnsafeByteOperations.UnsafeWrap(bytes);
        graph.Initializer.Add(inside);
    }

    private static TensorProto Describe(NamedTensor tensor) => new()
    {
        Name = tensor.Name,
        DataType = tensor.Type switch
        {
            TensorType.F32 => (int)TensorProto.Types.DataType.Float,
            TensorType.I64 => (int)TensorProto.Types.DataType.Int64,
            _ => throw new ArgumentException($"tensor '{tensor.Name}' is {tensor.Type}; F32 or I64 was expected"),
        },
        Dims = { tensor.Shape },
    };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
