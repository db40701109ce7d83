// In which numbers a model decodes.

namespace GruLM.Generation;

/// <summary>The numbers that a model's weights are read as while it writes or reads text.</summary>
public enum WeightFormat
{
    /// <summary>What fits the work: int8 for writing texts, float32 for figures.</summary>
    Auto,

    /// <summary>float32, as the model was trained.</summary>
    Fp32,

    /// <summary>int8 with a scale a row: a quarter of the memory read, and the same bits on every machine (docs/int8.md).</summary>
    Int8,
}
