// Lines in, something for each line out, in order, on as many threads as there are: what the tokenizer commands have in common. One thread reads
// blocks that end at line ends, threads work on them, one thread writes the results in the order of reading; a bounded queue between them keeps
// memory small. A line ends at LF only and no byte of it is touched. Every read is handed on at once, so that a slow input is answered as it comes.
using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace GruLM.Cli.Pipes;

/// <summary>What is done with lines. One object is used by one thread.</summary>
internal interface ILineWork
{
    /// <summary>Works on one line, given without its LF, and writes what there is to say of it, all or nothing.</summary>
    /// <exception cref="InvalidDataException">The line is bad; the message need not say which line it is.</exception>
    void Do(ReadOnlySpan<byte> line, IBufferWriter<byte> output);
}

/// <summary>Runs lines through work.</summary>
/// <param name="name">What messages call the input.</param>
/// <param name="threads">Blocks worked on at a time. With 1 everything runs on the caller's thread and one <see cref="ILineWork"/> sees all lines.</param>
/// <param name="newWork">Makes the work, once a thread.</param>
/// <param name="progress">Is told the bytes read so far.</param>
/// <param name="stop">Ends the run between two reads; everything read before is written.</param>
internal sealed class LinePipe(string name, int threads, Func<ILineWork> newWork, Action<long> progress, CancellationToken stop)
{
    // Large enough that handing over costs nothing beside the work, small enough for the caches.
    private const int BlockBytes = 1 << 18;

    private readonly ConcurrentBag<Block> _idleBlocks = [];
    private long _lines;

    /// <summary>Reads <paramref name="input"/> to its end and writes to <paramref name="output"/>.</summary>
    /// <exception cref="InvalidDataException">A line is bad; the message names it. The lines before it are written.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped.</exception>
    public void Run(Stream input, Stream output)
    {
        if (threads == 1)
        {
            var work = newWork();
            foreach (var block in Blocks(input))
            {
                block.Run(work);
                Write(block, output);
                if (!input.CanSeek)
                    output.Flush();
            }
            output.Flush();
            return;
        }

        // Blocks wait in both queues: to be worked on in any order, to be written in the order of reading. One more than is worked on is read ahead, so
        // that no thread waits for the next.
        int ahead = (2 * threads) + 1;
        using var todo = new BlockingCollection<Block>(ahead);
        using var toWrite = new BlockingCollection<Block>(ahead);
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(stop);
        ExceptionDispatchInfo? failure = null;
        var team = new List<Thread>();
        for (int i = 0; i < threads; i++)
            Start($"GruLM worker {i}", WorkOnAll);
        Start("GruLM writer", WriteAll);
        try
        {
            foreach (var block in Blocks(input))
            {
                todo.Add(block, abandon.Token);
                toWrite.Add(block, abandon.Token);
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // Someone has given up and says why below.
        }
        finally
        {
            todo.CompleteAdding();
            toWrite.CompleteAdding();
            foreach (var thread in team)
                thread.Join();
        }

        failure?.Throw();

        void Start(string thread, Action run)
        {
            team.Add(new Thread(() => Try(run)) { Name = thread, IsBackground = true });
            team[^1].Start();
        }

        void Try(Action run)
        {
            try
            {
                run();
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
                abandon.Cancel();
            }
        }

        void WorkOnAll()
        {
            ILineWork? work = null;
            foreach (var block in todo.GetConsumingEnumerable())
            {
                // The writer waits for every block, whatever happens.
                if (failure is null)
                    Try(() => block.Run(work ??= newWork()));
                block.Done.Release();
            }
        }

        void WriteAll()
        {
            foreach (var block in toWrite.GetConsumingEnumerable())
            {
                block.Done.Wait(CancellationToken.None);
                if (failure is not null)
                    return;
                Write(block, output);
                if (toWrite.Count == 0)
                    output.Flush();
            }
            output.Flush();
        }
    }

    /// <summary>The input in blocks that end with LF, but for the last.</summary>
    private IEnumerable<Block> Blocks(Stream input)
    {
        long total = 0;
        Block block = NewBlock(0);
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            if (block.Length == block.Bytes.Length)
                Array.Resize(ref block.Bytes, checked(block.Bytes.Length * 2));
            int read = Read(input, block.Bytes.AsMemory(block.Length));
            int end = block.Bytes.AsSpan(block.Length, read).LastIndexOf((byte)'\n');
            end = end < 0 ? -1 : block.Length + end + 1;
            block.Length += read;
            total += read;
            progress(total);
            if (read == 0)
            {
                if (block.Length > 0)
                    yield return block;
                yield break;
            }
            if (end < 0)
                continue;

            // The line that is not yet whole goes to the next block.
            Block next = NewBlock(block.Length - end);
            block.Bytes.AsSpan(end, block.Length - end).CopyTo(next.Bytes);
            (next.Length, block.Length) = (block.Length - end, end);
            yield return block;
            block = next;
        }
    }

    // Reading a terminal or a pipe can wait for ever, which must not keep Ctrl-C from ending the run.
    private int Read(Stream input, Memory<byte> room)
    {
        if (input.CanSeek)
            return input.Read(room.Span);
        var reading = Task.Run(() => input.Read(room.Span), CancellationToken.None);
        reading.Wait(stop);
        return reading.Result;
    }

    private Block NewBlock(int room)
    {
        if (!_idleBlocks.TryTake(out var block))
            block = new Block();
        if (block.Bytes.Length <= room)
            block.Bytes = new byte[room * 2];
        block.Length = 0;
        return block;
    }

    private void Write(Block block, Stream output)
    {
        output.Write(block.Output.WrittenSpan);
        _lines += block.Lines;
        if (block.Failure is { } error)
        {
            output.Flush();
            throw new InvalidDataException($"{name}, line {_lines + 1}: {error.Message}", error);
        }

        // What one huge line needed is not kept.
        if (block.Bytes.Length <= 4 * BlockBytes)
            _idleBlocks.Add(block);
    }

    private sealed class Block
    {
        public byte[] Bytes = new byte[BlockBytes];

        /// <summary>Released when the block has been worked on.</summary>
        public SemaphoreSlim Done { get; } = new(0);

        public int Length { get; set; }

        /// <summary>Lines done without failure.</summary>
        public int Lines { get; private set; }

        public InvalidDataException? Failure { get; private set; }

        public ArrayBufferWriter<byte> Output { get; } = new(BlockBytes);

        public void Run(ILineWork work)
        {
            Output.ResetWrittenCount();
            Lines = 0;
            ReadOnlySpan<byte> rest = Bytes.AsSpan(0, Length);
            try
            {
                while (!rest.IsEmpty)
                {
                    int end = rest.IndexOf((byte)'\n');
                    work.Do(end < 0 ? rest : rest[..end], Output);
                    rest = end < 0 ? default : rest[(end + 1)..];
                    Lines++;
                }
            }
            catch (InvalidDataException e)
            {
                Failure = e;
            }
        }
    }
}
