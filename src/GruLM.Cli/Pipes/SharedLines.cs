// The lines of files as several processes of an MPI launcher work on them: each takes ranges of the files in turns and reads those alone;
// the first one writes what comes of all of them, in the order of the files.

using GruLM.Distributed;
using GruLM.Tokenization;

namespace GruLM.Cli.Pipes;

/// <summary>Shares out the lines of <paramref name="places"/> among <paramref name="group"/>; each gives <paramref name="results"/>
/// lines.</summary>
internal sealed class SharedLines(LinePlaces places, RankGroup group, Session session, int results)
{
    // Large enough that threads find work in it, small enough that memory stays small, also for what becomes of it.
    private readonly long _rangeBytes = Math.Max(1 << 16, (1 << 22) / results);

    /// <summary>Does <paramref name="work"/> with all lines, and says what <paramref name="look"/> finds in the first bytes of each
    /// file.</summary>
    public void Run(Action<LinePipe, Stream, Stream> work, FirstLook look)
    {
        InputFiles.CheckOutput(places.Inputs, places.Output);
        foreach (string name in places.Inputs) Look(name, look);
        IEnumerable<LineRange> ranges = places.Inputs.SelectMany(name => LineRange.Of(name, _rangeBytes));
        IEnumerable<byte[]> encoded = group.Deal(ranges, range => Result(range, work), session.Stop);
        if (group.Rank > 0)
        {
            foreach (byte[] _ in encoded)
            {
            }

            return;
        }

        long total = InputFiles.TotalBytes(places.Inputs), read = 0;
        var progress = new ProgressLine(session.Error, session.ErrorIsTerminal && (places.Output is not null || !session.OutputIsTerminal));
        try
        {
            places.Write(session, output =>
            {
                foreach (byte[] result in encoded)
                {
                    output.Write(result);
                    read = Math.Min(total, read + _rangeBytes);
                    progress.ReportBytes(read, total);
                }
            });
        }
        finally
        {
            progress.Finish();
        }
    }

    private byte[] Result(LineRange range, Action<LinePipe, Stream, Stream> work)
    {
        using var output = new MemoryStream();
        try
        {
            Work(range, work, linesBefore: 0, output);
        }
        catch (InvalidDataException)
        {
            Explain(range, work);
        }

        return output.ToArray();
    }

    // Which line of the file it is, is counted when someone has to know.
    private void Explain(LineRange range, Action<LinePipe, Stream, Stream> work)
    {
        using var output = new MemoryStream();
        try
        {
            Work(range, work, range.LinesBefore(), output);
        }
        catch (InvalidDataException error)
        {
            throw new PartOfPieceException(output.ToArray(), error);
        }
    }

    private void Work(LineRange range, Action<LinePipe, Stream, Stream> work, long linesBefore, MemoryStream output)
    {
        using MemoryStream input = range.Read();
        int threads = places.Threads > 0 ? places.Threads : group.Threads;
        work(new LinePipe { Threads = threads, InputName = range.File, LinesBefore = linesBefore }, input, output);
    }

    private void Look(string name, FirstLook look)
    {
        using FileStream file = File.OpenRead(name);
        byte[] first = new byte[TextMarks.Longest];
        int length = file.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        if (look(name, first.AsSpan(0, length)) is { } note) session.Error.WriteLine(note);
    }
}
