// The weights of a page, as docs/int8.md makes them of float32, one behind the other: for each matrix the scales of its rows and then its
// bytes, for each layer its biases and what its input is normalised with. Numbers have their lowest byte first. engine.js reads them.

using System.Buffers.Binary;
using System.Runtime.InteropServices;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM;

/// <summary>Writes a model's weights in int8. Thread-safe: it has no state.</summary>
internal static unsafe class PageWeights
{
    /// <summary>Writes all weights of <paramref name="parameters"/>, which are read alone.</summary>
    /// <exception cref="OperationCanceledException">The writing was cancelled.</exception>
    public static void Write(GruParameters parameters, Stream output, CancellationToken cancel)
    {
        GruConfig config = parameters.Config;
        int gates = 3 * config.HiddenDim;
        WriteMatrix(parameters.Embedding, config.VocabSize, config.EmbeddingDim, output, cancel);
        for (int l = 0; l < config.NumLayers; l++)
        {
            WriteMatrix(parameters.WeightIh(l), gates, config.InputDim(l), output, cancel);
            WriteMatrix(parameters.WeightHh(l), gates, config.HiddenDim, output, cancel);
            WriteNumbers(new(parameters.BiasIh(l), gates), output);
            WriteNumbers(new(parameters.BiasHh(l), gates), output);
            if (l == 0 || !config.LayerNorm) continue;
            WriteNumbers(new(parameters.NormWeight(l), config.HiddenDim), output);
            WriteNumbers(new(parameters.NormBias(l), config.HiddenDim), output);
        }

        if (!config.TieWeights) WriteMatrix(parameters.Output, config.VocabSize, config.HiddenDim, output, cancel);
    }

    // In two passes over the rows, so that no more than one is held.
    private static void WriteMatrix(float* matrix, int rows, int columns, Stream output, CancellationToken cancel)
    {
        sbyte[] bytes = new sbyte[columns];
        float[] scales = new float[rows];
        for (int i = 0; i < rows; i++) scales[i] = Int8Rounding.Row(Row(i), bytes);
        WriteNumbers(scales, output);
        for (int i = 0; i < rows; i++)
        {
            cancel.ThrowIfCancellationRequested();
            Int8Rounding.Row(Row(i), bytes);
            output.Write(MemoryMarshal.AsBytes<sbyte>(bytes));
        }

        ReadOnlySpan<float> Row(int i) => new(matrix + ((nint)i * columns), columns);
    }

    private static void WriteNumbers(ReadOnlySpan<float> numbers, Stream output)
    {
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        foreach (float number in numbers)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes, number);
            output.Write(bytes);
        }
    }
}
