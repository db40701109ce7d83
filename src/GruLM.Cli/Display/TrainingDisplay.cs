// What a person sees of a training run, on standard error: on a terminal one line that keeps changing, and a lasting line for each
// epoch and evaluation; elsewhere plain lines now and then. It collects the points that curves are drawn from.

using System.Globalization;
using GruLM.Training;

namespace GruLM.Cli;

/// <summary>Shows a run's progress. <paramref name="live"/>: standard error is a terminal.</summary>
internal sealed class TrainingDisplay(TextWriter output, bool live) : ITrainingObserver
{
    // Plain lines no more often than this, in seconds.
    private const double PlainInterval = 10;
    private double _lastPlain = double.NegativeInfinity;
    private double _lastLive;
    private int _liveLength;

    /// <summary>Training nll by step.</summary>
    public List<(double Step, double Nll)> TrainCurve { get; } = [];

    /// <summary>Held-out bits per byte by step.</summary>
    public List<(double Step, double Bits)> BitsCurve { get; } = [];

    public void OnSteps(StepReport r)
    {
        if (double.IsFinite(r.TrainNll)) TrainCurve.Add((r.Step, r.TrainNll));
        string text = string.Create(CultureInfo.InvariantCulture,
            $"step {r.Step:#,0}/{r.TotalSteps:#,0}  loss {r.TrainNll:0.000}  acc {100 * r.TokenAccuracy:0.0}%  {r.TokensPerSecond:#,0} tok/s  lr {r.LearningRate:0.0e+0}  {Time(r.SecondsLeft)} left");
        if (live)
        {
            if (r.Seconds - _lastLive < 0.1 && r.Step != r.TotalSteps) return;
            _lastLive = r.Seconds;
            double share = (double)r.Step / r.TotalSteps;
            const int Width = 20;
            int filled = (int)(share * Width);
            string line = $"{new string('█', filled)}{new string('░', Width - filled)} {text}";

            // A wrapped line could not be drawn over.
            int room = ConsoleWidth() - 1;
            if (line.Length > room) line = text.Length > room ? text[..Math.Max(room, 0)] : text;
            output.Write("\r" + line.PadRight(_liveLength));
            _liveLength = line.Length;
        }
        else if (r.Seconds - _lastPlain >= PlainInterval || r.Step == r.TotalSteps)
        {
            _lastPlain = r.Seconds;
            output.WriteLine(text);
        }
    }

    public void OnEvaluation(EvaluationReport r)
    {
        BitsCurve.Add((r.Step, r.Result.BitsPerByte));
        Lasting($"held out at step {r.Step:#,0}: {Figures(r.Result)}{(r.IsBest ? "  (best so far, saved)" : "")}");
    }

    public void OnEpoch(EpochReport r)
    {
        string part = r.Steps == r.StepsInEpoch ? "" : string.Create(
            CultureInfo.InvariantCulture, $", its first {r.Steps:#,0} of {r.StepsInEpoch:#,0} steps");
        Lasting(string.Create(CultureInfo.InvariantCulture,
            $"epoch {r.Epoch}/{r.Epochs}{part}: average NLL {r.Train.MeanNll:0.0000}  perplexity {r.Train.Perplexity:0.00}  token accuracy {100 * r.Train.Accuracy:0.0}%  tokens {r.Train.Tokens:#,0}  ({Time(r.Seconds)})"));
    }

    public void OnCheckpoint(string folder)
    {
        // Saving is not news.
    }

    public void OnNotice(long step, string message) => Lasting($"note: {message}");

    /// <summary>Ends the changing line.</summary>
    public void Finish()
    {
        if (_liveLength > 0) output.WriteLine();
        _liveLength = 0;
    }

    /// <summary>An evaluation in one phrase.</summary>
    public static string Figures(EvaluationResult result) => string.Create(CultureInfo.InvariantCulture,
        $"NLL {result.Sums.MeanNll:0.0000}  perplexity {result.Sums.Perplexity:0.00}  bits/byte {result.BitsPerByte:0.0000}  token accuracy {100 * result.Sums.Accuracy:0.0}%");

    /// <summary>A duration as people say it.</summary>
    public static string Time(double seconds)
    {
        if (!double.IsFinite(seconds)) return "?";
        var t = TimeSpan.FromSeconds(Math.Min(seconds, 1e8));
        return seconds < 60 ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0}s") : t.TotalHours < 1
            ? $"{t.Minutes}m{t.Seconds:00}s"
            : $"{(int)t.TotalHours}h{t.Minutes:00}m";
    }

    private static int ConsoleWidth()
    {
        try
        {
            return Console.WindowWidth > 0 ? Console.WindowWidth : 80;
        }
        catch (IOException)
        {
            return 80;
        }
    }

    /// <summary>Writes a line that stays.</summary>
    public void Lasting(string text)
    {
        if (_liveLength > 0)
        {
            output.Write("\r" + new string(' ', _liveLength) + "\r");
            _liveLength = 0;
        }

        output.WriteLine(text);
    }
}
