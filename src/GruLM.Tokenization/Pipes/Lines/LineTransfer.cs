// Lines in, something for each line out, in order, on as many threads as there are: what all pipes have in common. Every
// thread reads a block that ends at a line end, works on it, and writes what has become due in the order of reading, so that no thread does
// nothing but hand over; how far one may run ahead of the writing is bounded, which keeps memory small. A line ends at LF only and no byte
// of it is touched. Every read is worked on at once, so that a slow input is answered as it comes.
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace GruLM.Tokenization;

/// <summary>Runs lines through work.</summary>
/// <param name="name">What messages call the input.</param>
/// <param name="threads">Blocks worked on at a time. The caller's thread is one of them; with 1, one <see cref="ILineWork"/> sees all
/// lines.</param>
/// <param name="newWork">Makes the work, once a thread.</param>
/// <param name="progress">Is told the bytes read so far; null: nobody is.</param>
/// <param name="stop">Ends the run between two reads, and within a line that takes long; the lines worked on before are written.</param>
internal sealed class LineTransfer(string name, int threads, Func<ILineWork> newWork, Action<long>? progress, CancellationToken stop)
{
    private readonly ConcurrentBag<LineBlock> _idleBlocks = [];

    // Read by one thread at a time, which may wait long for a slow input.
    private readonly Lock _reading = new();
    private long _read;
    private bool _ended;

    // Never held while something is read or written.
    private readonly object _order = new();
    private readonly Dictionary<long, LineBlock> _done = [];
    private long _written;
    private bool _someoneWrites;
    private ExceptionDispatchInfo? _failure;

    private long _lines;

    /// <summary>Lines of the input before the first one that is read, which messages count too.</summary>
    public long LinesBefore
    {
        init => _lines = value;
    }

    /// <summary>Reads <paramref name="input"/> to its end and writes to <paramref name="output"/>. Runs once.</summary>
    /// <exception cref="InvalidDataException">A line is bad; the message names it. The lines before it are written.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped.</exception>
    public void Run(Stream input, Stream output)
    {
        using IEnumerator<LineBlock> blocks = Blocks(input).GetEnumerator();
        var others = new Thread[threads - 1];
        for (int i = 0; i < others.Length; i++)
        {
            others[i] = new Thread(Work) { Name = $"GruLM lines {i + 1}", IsBackground = true };
            others[i].Start();
        }

        Work();
        foreach (Thread thread in others) thread.Join();
        _failure?.Throw();

        void Work()
        {
            try
            {
                ILineWork? work = null;
                while (Next(blocks) is { } block)
                {
                    block.Run(work ??= newWork(), stop);
                    WriteDue(block, output);
                }
            }
            catch (Exception e)
            {
                // The others end with the block they have; what was read before this is still written, where it can be.
                lock (_order)
                {
                    _failure ??= ExceptionDispatchInfo.Capture(e);
                    Monitor.PulseAll(_order);
                }
            }
        }
    }

    /// <summary>The next block of the input; null at its end and when the run has failed.</summary>
    private LineBlock? Next(IEnumerator<LineBlock> blocks)
    {
        lock (_reading)
        {
            lock (_order)
            {
                while (_failure is null && _read - _written > 4 * threads) Monitor.Wait(_order);
                _ended |= _failure is not null;
            }

            if (_ended || !blocks.MoveNext())
            {
                _ended = true;
                return null;
            }

            blocks.Current.Number = _read++;
            return blocks.Current;
        }
    }

    /// <summary>Writes the block and those that waited for it. While one before it is worked on, or another thread writes, it waits for
    /// that thread.</summary>
    private void WriteDue(LineBlock block, Stream output)
    {
        lock (_order)
        {
            _done.Add(block.Number, block);
            if (_someoneWrites) return;
            _someoneWrites = true;
        }

        while (Due() is { } due) Write(due, output);

        LineBlock? Due()
        {
            lock (_order)
            {
                if (_done.Remove(_written, out LineBlock? due))
                {
                    _written++;
                    Monitor.PulseAll(_order);
                }
                else
                {
                    _someoneWrites = false;
                }

                return due;
            }
        }
    }

    /// <summary>The input in blocks that end with LF, but for the last.</summary>
    private IEnumerable<LineBlock> Blocks(Stream input)
    {
        long total = 0;
        LineBlock block = NewBlock(0);
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            if (block.Length == block.Bytes.Length)
            {
                Array.Resize(ref block.Bytes, checked(block.Bytes.Length * 2));
            }

            int read = Interruptible.Read(input, block.Bytes.AsMemory(block.Length), stop);
            int end = block.Bytes.AsSpan(block.Length, read).LastIndexOf((byte)'\n');
            end = end < 0 ? -1 : block.Length + end + 1;
            block.Length += read;
            total += read;
            progress?.Invoke(total);
            if (read == 0)
            {
                if (block.Length > 0) yield return block;
                yield break;
            }

            if (end < 0) continue;

            // The line that is not yet whole goes to the next block.
            LineBlock next = NewBlock(block.Length - end);
            block.Bytes.AsSpan(end, block.Length - end).CopyTo(next.Bytes);
            (next.Length, block.Length) = (block.Length - end, end);
            yield return block;
            block = next;
        }
    }

    private LineBlock NewBlock(int room)
    {
        if (!_idleBlocks.TryTake(out LineBlock? block)) block = new LineBlock();
        if (block.Bytes.Length <= room) block.Bytes = new byte[room * 2];
        block.Length = 0;
        return block;
    }

    private void Write(LineBlock block, Stream output)
    {
        Interruptible.Write(output, block.Output.WrittenMemory, stop);
        _lines += block.Lines;
        if (block.Failure is { } error)
        {
            throw new InvalidDataException($"{name}, line {_lines + 1}: {error.Message}", error);
        }

        // What one huge line needed is not kept.
        if (block.Bytes.Length <= 4 * LineBlock.UsualBytes) _idleBlocks.Add(block);
    }
}
