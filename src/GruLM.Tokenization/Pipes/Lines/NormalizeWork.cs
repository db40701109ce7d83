// A line of text to its normalised form.
using System.Buffers;

namespace GruLM.Tokenization;

/// <summary>Normalises lines.</summary>
internal sealed class NormalizeWork(Normalizer normalizer) : ILineWork
{
    public void Do(ReadOnlySpan<byte> line, IBufferWriter<byte> output, CancellationToken stop)
    {
        output.Write(normalizer.Normalize(line, stop));
        output.Write("\n"u8);
    }
}
