// A piece of the input that ends with a line end, but for the last one: what a thread works on at a time.
using System.Buffers;

namespace GruLM.Tokenization;

/// <summary>Lines that are worked on together, and what came of them.</summary>
internal sealed class LineBlock
{
    // Large enough that handing over costs nothing beside the work, small enough for the caches.
    public const int UsualBytes = 1 << 18;

    /// <summary>What was read; a field, since it is resized in place.</summary>
    public byte[] Bytes = new byte[UsualBytes];

    /// <summary>Its place in the order of reading, from 0.</summary>
    public long Number { get; set; }

    /// <summary>How many of the bytes count.</summary>
    public int Length { get; set; }

    /// <summary>Lines done without failure.</summary>
    public int Lines { get; private set; }

    /// <summary>What is wrong with the line after those; null: nothing.</summary>
    public InvalidDataException? Failure { get; private set; }

    /// <summary>What came of the lines done.</summary>
    public ArrayBufferWriter<byte> Output { get; } = new(UsualBytes);

    /// <summary>Works on the lines, up to the first bad one.</summary>
    /// <exception cref="OperationCanceledException">A line that takes long was stopped.</exception>
    public void Run(ILineWork work, CancellationToken stop)
    {
        Output.ResetWrittenCount();
        Lines = 0;
        ReadOnlySpan<byte> left = Bytes.AsSpan(0, Length);
        try
        {
            while (!left.IsEmpty)
            {
                int end = left.IndexOf((byte)'\n');
                work.Do(end < 0 ? left : left[..end], Output, stop);
                left = end < 0 ? default : left[(end + 1)..];
                Lines++;
            }
        }
        catch (InvalidDataException e)
        {
            Failure = e;
        }
    }
}
