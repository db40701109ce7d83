// What a person sees of a training run, on standard error: on a terminal one line that keeps changing, and a lasting line for each
// epoch and evaluation; elsewhere plain lines now and then. It collects the points that curves are drawn from.

using System.Globalization;
using GruLM.Training;

namespace GruLM.Cli;

/// <summary>Shows a run's progress. <paramref name="live"/>: standard error is a terminal.</summary>
internal sealed class TrainingDisplay(TextWriter output, bool live) : ITrainingObserver
{
    // The least time between two reports, in seconds.
    private const double PlainInterval = 10;
    private const double LiveInterval = 0.1;

    private const int BarWidth = 20;

    // Where nothing tells how wide the terminal is.
    private const int UsualWidth = 80;

    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    private double _lastPlain = double.NegativeInfinity;
    private double _lastLive;
    private int _liveLength;

    /// <summary>Whether of lasting lines only the last step's and the last epoch's are written.</summary>
    public bool OnlyEnd { get; set; }

    /// <summary>Training nll by step.</summary>
    public List<(double Step, double Nll)> TrainCurve { get; } = [];

    /// <summary>Held-out bits per byte by step.</summary>
    public List<(double Step, double Bits)> BitsCurve { get; } = [];

    // Of the held-out text; 0 where nothing was evaluated.
    private double _tokensPerByte;

    public void OnSteps(StepReport r)
    {
        if (double.IsFinite(r.TrainNll)) TrainCurve.Add((r.Step, r.TrainNll));
        bool isLast = r.Step == r.TotalSteps;
        if (live)
        {
            if (r.Seconds - _lastLive < LiveInterval && !isLast) return;
            _lastLive = r.Seconds;
            WriteLive(Line(r), (double)r.Step / r.TotalSteps);
        }
        else if (isLast || (!OnlyEnd && r.Seconds - _lastPlain >= PlainInterval))
        {
            _lastPlain = r.Seconds;
            output.WriteLine(Line(r));
        }
    }

    public void OnEvaluation(EvaluationReport r)
    {
        AddToCurve(r);
        if (OnlyEnd) return;
        string best = r.IsBest ? "  (best so far, saved)" : "";
        WriteLasting($"held out at step {r.Step:#,0}: {Figures(r.Result)}{best}");
    }

    public void OnEpoch(EpochReport r)
    {
        if (OnlyEnd && r.Epoch < r.Epochs) return;
        string part = r.Steps == r.StepsInEpoch
            ? ""
            : string.Create(s_invariant, $", its first {r.Steps:#,0} of {r.StepsInEpoch:#,0} steps");
        WriteLasting(string.Create(
            s_invariant,
            $"epoch {r.Epoch}/{r.Epochs}{part}: average NLL {r.Train.MeanNll:0.0000}  perplexity {Perplexity.Text(r.Train.Perplexity)}  "
            + $"token accuracy {100 * r.Train.Accuracy:0.0}%  tokens {r.Train.Tokens:#,0}  ({Time(r.Seconds)})"));
    }

    public void OnLengthChanged(long stepsBefore, long stepsNow) => WriteLasting(string.Create(
        s_invariant, $"note: at the speed of now there is time for {stepsNow:#,0} steps, not for {stepsBefore:#,0}"));

    public void OnCheckpoint(string folder)
    {
        // Saving is not news.
    }

    public void OnNotice(long step, string message) => WriteLasting($"note: {message}");

    /// <summary>Takes note of an evaluation that is shown in the picture alone.</summary>
    public void AddToCurve(EvaluationReport r)
    {
        BitsCurve.Add((r.Step, r.Result.BitsPerByte));
        if (r.Result.Bytes > 0) _tokensPerByte = r.Result.Sums.Tokens / (double)r.Result.Bytes;
    }

    /// <summary>Training loss and held-out figure in one picture and one unit, so that the gap between them is seen: a training token
    /// counts as many bytes as a held-out one. Where nothing is held out, the training loss by token.</summary>
    public string Curves()
    {
        if (_tokensPerByte == 0) return LossCurve.Draw(TrainCurve, [], "training loss (nats a token) by step");
        double bits = _tokensPerByte / Math.Log(2);
        return LossCurve.Draw(
            [.. TrainCurve.Select(point => (point.Step, bits * point.Nll))], BitsCurve,
            "bits a byte by step: training loss (line), held out (o)");
    }

    /// <summary>Ends the changing line.</summary>
    public void Finish()
    {
        if (_liveLength > 0) output.WriteLine();
        _liveLength = 0;
    }

    /// <summary>Writes a line that stays.</summary>
    public void WriteLasting(string text)
    {
        if (_liveLength > 0)
        {
            output.Write("\r" + new string(' ', _liveLength) + "\r");
            _liveLength = 0;
        }

        output.WriteLine(text);
    }

    /// <summary>An evaluation in one phrase.</summary>
    public static string Figures(EvaluationResult result) => string.Create(
        s_invariant,
        $"NLL {result.Sums.MeanNll:0.0000}  perplexity {Perplexity.Text(result.Sums.Perplexity)}  bits/byte {result.BitsPerByte:0.0000}  "
        + $"token accuracy {100 * result.Sums.Accuracy:0.0}%");

    /// <summary>A duration as people say it: 12s, 3m05s, 2h07m.</summary>
    public static string Time(double seconds)
    {
        if (!double.IsFinite(seconds)) return "?";
        if (seconds < 60) return string.Create(s_invariant, $"{seconds:0}s");
        var time = TimeSpan.FromSeconds(Math.Min(seconds, 1e8));
        return time.TotalHours < 1 ? $"{time.Minutes}m{time.Seconds:00}s" : $"{(int)time.TotalHours}h{time.Minutes:00}m";
    }

    private static string Line(StepReport r) => string.Create(
        s_invariant,
        $"step {r.Step:#,0}/{r.TotalSteps:#,0}  loss {r.TrainNll:0.000}  acc {100 * r.TokenAccuracy:0.0}%  "
        + $"{r.TokensPerSecond:#,0} tok/s  lr {r.LearningRate:0.0e+0}  {Time(r.SecondsLeft)} left");

    private void WriteLive(string text, double share)
    {
        int filled = (int)(share * BarWidth);
        string line = new string('█', filled) + new string('░', BarWidth - filled) + " " + text;

        // A wrapped line could not be drawn over.
        int room = ConsoleWidth() - 1;
        if (line.Length > room) line = text.Length > room ? text[..Math.Max(room, 0)] : text;
        output.Write("\r" + line.PadRight(_liveLength));
        _liveLength = line.Length;
    }

    private static int ConsoleWidth()
    {
        try
        {
            return Console.WindowWidth > 0 ? Console.WindowWidth : UsualWidth;
        }
        catch (IOException)
        {
            return UsualWidth;
        }
    }
}
