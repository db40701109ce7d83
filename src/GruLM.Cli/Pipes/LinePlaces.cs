// Where the lines of a tokenizer command come from and go to: files or the standard streams, with a line of progress. What is done with the
// lines, and the threads that do it, are the library's LinePipe.

using GruLM.Formats;
using GruLM.Tokenization;

namespace GruLM.Cli.Pipes;

/// <summary>Places of lines.</summary>
/// <param name="Inputs">The files to read, one after another; none: standard input.</param>
/// <param name="Output">The file to write; null: standard output.</param>
/// <param name="Threads">Threads that work; 0: one a core.</param>
internal sealed record LinePlaces(IReadOnlyList<string> Inputs, string? Output, int Threads)
{
    /// <summary>Does <paramref name="work"/> with each input, and says what <paramref name="look"/> finds in so many first
    /// <paramref name="bytes"/> of it.</summary>
    public void Run(Session session, Action<LinePipe, Stream, Stream> work, FirstLook? look = null, int bytes = TextMarks.Longest)
    {
        IReadOnlyList<string> inputs = Inputs.Count == 0 ? [InputFiles.StandardInput] : Inputs;
        InputFiles.Check(inputs);
        InputFiles.CheckOutput(inputs, Output);
        long total = InputFiles.TotalBytes(inputs), before = 0, last = 0;

        // Where results and progress share a terminal, progress would be written over results.
        var progress = new ProgressLine(session.Error, session.ErrorIsTerminal && (Output is not null || !session.OutputIsTerminal));
        try
        {
            Write(session, output =>
            {
                foreach (string input in inputs)
                {
                    using FileStream? file = input == InputFiles.StandardInput ? null : OpenUnbuffered(input, session.Stop);
                    before += last;
                    string name = InputFiles.DisplayName(input);
                    var lines = new LinePipe { Threads = Threads, InputName = name, Progress = Report };
                    work(lines, new WatchedInput(file ?? session.Input, name, session.Error.WriteLine, look, bytes), output);
                }
            });
        }
        finally
        {
            progress.Finish();
        }

        void Report(long read)
        {
            last = read;
            progress.ReportBytes(before + read, total);
        }
    }

    /// <summary>Hands the output to <paramref name="write"/>; a file is whole or not there.</summary>
    public void Write(Session session, Action<Stream> write)
    {
        if (Output is { } file) AtomicFile.Write(file, write);
        else write(session.Output.BaseStream);
    }

    // Opening a named pipe waits for whoever writes to it, which must not keep Ctrl-C from ending the run.
    private static FileStream OpenUnbuffered(string path, CancellationToken stop)
    {
        Task<FileStream> opening = Task.Run(
            () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0), CancellationToken.None);
        Task.WaitAny([opening], stop);
        return opening.GetAwaiter().GetResult();
    }
}
