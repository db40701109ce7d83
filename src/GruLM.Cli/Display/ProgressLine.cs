// One line of progress on standard error: on a terminal it keeps changing and is taken away at the end, elsewhere it is a plain line now
// and then. Work of less than a second shows nothing on a terminal, elsewhere that of some seconds. Training a model has a display of its
// own, TrainingDisplay.
using System.Diagnostics;
using System.Globalization;

namespace GruLM.Cli;

/// <summary>Shows how far something has come. <paramref name="live"/>: a line may be drawn over.</summary>
internal sealed class ProgressLine(TextWriter output, bool live)
{
    private const double LiveInterval = 0.2, PlainInterval = 10, LiveQuiet = 1, PlainQuiet = 5;

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private double _last = double.NegativeInfinity;
    private int _length;

    /// <summary>Seconds since the work began.</summary>
    public double Seconds => _watch.Elapsed.TotalSeconds;

    /// <summary>Shows what there is to say, unless something was shown just before.</summary>
    public void Report(Func<string> text)
    {
        double seconds = Seconds;
        if (seconds < (live ? LiveQuiet : PlainQuiet) || seconds - _last < (live ? LiveInterval : PlainInterval))
        {
            return;
        }

        _last = seconds;
        if (live)
        {
            string line = text();
            output.Write("\r" + line.PadRight(_length));
            _length = line.Length;
        }
        else
        {
            output.WriteLine(text());
        }
    }

    /// <summary>Shows how many bytes have been read, of how many where that is known (0: it is not).</summary>
    public void ReportBytes(long bytes, long total) => Report(() =>
    {
        string share = total > 0 ? string.Create(CultureInfo.InvariantCulture, $" of {total / 1e6:#,0.0}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:#,0.0}{share} MB, {bytes / 1e6 / Seconds:0.0} MB/s");
    });

    /// <summary>Takes the changing line away.</summary>
    public void Finish()
    {
        if (_length > 0)
        {
            output.Write("\r" + new string(' ', _length) + "\r");
        }

        _length = 0;
    }
}
