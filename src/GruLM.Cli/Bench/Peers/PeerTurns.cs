// GruLM and a peer in turn, a few times: the machine's other work moves both, so a ratio is that of neighbours.

using System.Globalization;

namespace GruLM.Cli.Bench;

/// <summary>Takes turns with a peer.</summary>
internal static class PeerTurns
{
    private const int Turns = 3;

    /// <summary>Training steps of <paramref name="shape"/>: <paramref name="ours"/>, beside <paramref name="peer"/> with one thread or
    /// <paramref name="threads"/>, whichever makes more of it.</summary>
    public static BenchResult Train(PeerProgram peer, BenchShape shape, int threads, bool isBf16, Func<BenchResult> ours)
    {
        var results = new List<BenchResult>();
        List<double> figures = [], ratios = [];
        int best = threads;
        for (int turn = 0; turn < Turns; turn++)
        {
            double figure = Measure(best);
            results.Add(ours());
            if (turn == 0 && threads > 1 && Measure(1) is double alone && alone > figure) (best, figure) = (1, alone);
            figures.Add(figure);
            ratios.Add(results[^1].Tokens / results[^1].Timing.Seconds / figure);
        }

        BenchResult median = results.OrderBy(result => result.Timing.Seconds).ElementAt(Turns / 2);
        return median with { Peer = new PeerFigure(peer.Name, best, Timing.Median(figures), Timing.Median(ratios)) };

        double Measure(int peersThreads)
        {
            int[] sizes = [shape.Vocab, shape.Embedding, shape.Hidden, shape.Layers, shape.Batch, shape.Bptt, shape.Steps, peersThreads];
            return peer.Run([.. sizes.Select(Text), isBf16 ? "bf16" : "fp32"], "tokens_per_s")[0];
        }
    }

    /// <summary>A number as a peer reads it.</summary>
    public static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
