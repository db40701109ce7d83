// What an export is told, whatever it is for.

using GruLM.Formats;

namespace GruLM;

/// <summary>What to export, and where to. Immutable, and so safe for several threads.</summary>
public sealed record ExportSettings
{
    /// <summary>A model folder.</summary>
    public required string Model { get; init; }

    /// <summary>The file to write, or for Hugging Face the folder. A file that is there is replaced.</summary>
    public required string Out { get; init; }

    /// <summary>The type of the numbers in safetensors files: F32, F16 or BF16.</summary>
    public TensorType Type { get; init; } = TensorType.F32;

    /// <summary>For PyTorch: whether a <c>model.py</c> that loads the file is written beside it.</summary>
    public bool WithCode { get; init; }
}
