// A short name for a model's weights, by which a saved state knows the model that it belongs to.

using System.Runtime.InteropServices;
using GruLM.Formats;
using GruLM.Model;

namespace GruLM;

/// <summary>Names weights by their hash. Thread-safe: it has no state.</summary>
internal static class ModelFingerprint
{
    // Of the hash's 32: enough that no two models ever share a name.
    private const int Bytes = 8;

    /// <summary>The beginning of the SHA-256 of all tensors, in hexadecimal digits.</summary>
    public static string Of(GruParameters parameters)
    {
        var sha = new Sha256();
        foreach (ParameterView view in parameters.Views) sha.Append(MemoryMarshal.AsBytes(parameters.Span(view.Name)));
        return Convert.ToHexStringLower(sha.Finish().AsSpan(0, Bytes));
    }
}
