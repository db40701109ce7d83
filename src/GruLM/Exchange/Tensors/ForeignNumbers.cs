// The numbers of tensors that are imported: into the buffer of a model's parameters, finite each.

using GruLM.Model;

namespace GruLM;

/// <summary>Reads the numbers of tensors. Safe for several threads that read different files.</summary>
internal static class ForeignNumbers
{
    /// <summary>Whether the output layer is the embedding: left out, or the same numbers.</summary>
    public static bool IsTied(string path, IReadOnlyDictionary<string, ForeignTensor> tensors)
    {
        if (!tensors.TryGetValue("out.weight", out ForeignTensor? output)) return true;
        ForeignTensor embedding = tensors["embedding.weight"];
        if (!output.Shape.SequenceEqual(embedding.Shape)) return false;
        float[] first = Numbers(path, embedding), second = Numbers(path, output);
        return first.AsSpan().SequenceEqual(second);
    }

    /// <summary>Fills parameters; biases that are left out are zero.</summary>
    /// <exception cref="InvalidDataException">Numbers are not finite, or cannot be read.</exception>
    public static void Fill(
        string path, IReadOnlyDictionary<string, ForeignTensor> tensors, GruParameters parameters, CancellationToken cancel)
    {
        foreach (ParameterView view in parameters.Views)
        {
            cancel.ThrowIfCancellationRequested();
            if (!tensors.TryGetValue(view.Name, out ForeignTensor? tensor)) continue;
            Span<float> numbers = parameters.Span(view.Name);
            tensor.Read(numbers);
            if (!FiniteNumbers.AreAll(numbers))
            {
                throw new InvalidDataException(
                    $"{path}: tensor {tensor.Shown} holds numbers that are not finite: it is damaged, or its training diverged");
            }
        }

        parameters.Changed();
    }

    private static float[] Numbers(string path, ForeignTensor tensor)
    {
        long count = tensor.Shape[0] * tensor.Shape[1];
        if (count > Array.MaxLength) throw new InvalidDataException($"{path}: tensor {tensor.Shown} is larger than any here");
        float[] numbers = new float[count];
        tensor.Read(numbers);
        return numbers;
    }
}
