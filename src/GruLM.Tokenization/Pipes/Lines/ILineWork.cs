// What a pipe does with a line: encoding, decoding, normalising.
using System.Buffers;

namespace GruLM.Tokenization;

/// <summary>What is done with lines. One object is used by one thread.</summary>
internal interface ILineWork
{
    /// <summary>Works on one line, given without its LF, and writes what there is to say of it, all or nothing.</summary>
    /// <exception cref="InvalidDataException">The line is bad; the message need not say which line it is.</exception>
    /// <exception cref="OperationCanceledException">The line takes long and <paramref name="stop"/> came.</exception>
    void Do(ReadOnlySpan<byte> line, IBufferWriter<byte> output, CancellationToken stop);
}
