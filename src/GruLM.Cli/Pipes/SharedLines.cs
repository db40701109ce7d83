// The lines of files as several processes of an MPI launcher work on them: each takes ranges of the files in turns and reads those alone;
// the first one writes what comes of all of them, in the order of the files.

using GruLM.Distributed;
using GruLM.Tokenization;

namespace GruLM.Cli.Pipes;

/// <summary>Shares out the lines of <paramref name="places"/> among <paramref name="group"/>.</summary>
internal sealed class SharedLines(LinePlaces places, RankGroup group, Session session)
{
    // Large enough that threads find work in it, small enough that memory stays small.
    private const long RangeBytes = 1 << 22;

    /// <summary>Does <paramref name="work"/> with all lines, and says what <paramref name="look"/> finds in the first bytes of each
    /// file.</summary>
    public void Run(Action<LinePipe, Stream, Stream> work, FirstLook look)
    {
        InputFiles.CheckOutput(places.Inputs, places.Output);
        foreach (string name in places.Inputs) Look(name, look);
        IEnumerable<LineRange> ranges = places.Inputs.SelectMany(name => LineRange.Of(name, RangeBytes));
        IEnumerable<byte[]> results = group.Deal(ranges, range => Result(range, work), session.Stop);
        if (group.Rank > 0)
        {
            foreach (byte[] _ in results)
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
                foreach (byte[] result in results)
                {
                    output.Write(result);
                    read = Math.Min(total, read + RangeBytes);
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
        try
        {
            return Result(range, work, linesBefore: 0);
        }
        catch (InvalidDataException)
        {
            // Which line of the file it is, is counted when someone has to know.
            return Result(range, work, range.LinesBefore());
        }
    }

    private byte[] Result(LineRange range, Action<LinePipe, Stream, Stream> work, long linesBefore)
    {
        using MemoryStream input = range.Read();
        using var output = new MemoryStream();
        int threads = places.Threads > 0 ? places.Threads : group.Threads;
        work(new LinePipe { Threads = threads, InputName = range.File, LinesBefore = linesBefore }, input, output);
        return output.ToArray();
    }

    private void Look(string name, FirstLook look)
    {
        using FileStream file = File.OpenRead(name);
        byte[] first = new byte[TextMarks.Longest];
        int length = file.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        if (look(name, first.AsSpan(0, length)) is { } note) session.Error.WriteLine(note);
    }
}
