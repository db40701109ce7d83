// Where the float32 values of a tensor that is to be written come from, so that a file is written without a copy of them.

namespace GruLM.Formats;

/// <summary>Gives the numbers of a tensor when they are about to be written, in row-major order. Asked by the thread that writes.</summary>
public delegate ReadOnlySpan<float> FloatSource();
