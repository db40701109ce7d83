// grulm bench train under an MPI launcher: a training step of all processes, beside that of one process with the whole batch, and beside
// that of all at once without a word between them, in turn, round after round. The connection is measured too, and what would be predicted
// from its figures stands beside what was measured.

using System.Diagnostics;
using GruLM.Distributed;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Cli.Bench;

/// <summary>Measures the training of several processes. All of them call it; the first one writes.</summary>
internal sealed class RanksBench : IDisposable
{
    private const int Rounds = 3;

    private readonly RankGroup _group;
    private readonly Compute _compute;
    private readonly BenchOptions _options;
    private readonly bool _isBf16;
    private readonly Session _session;

    /// <summary>Measures <paramref name="group"/>; gradients travel in bfloat16 where <paramref name="isBf16"/>.</summary>
    public RanksBench(RankGroup group, BenchOptions options, bool isBf16, Session session)
    {
        (_group, _options, _isBf16, _session) = (group, options, isBf16, session);
        _compute = Compute.Create(options.Threads > 0 ? options.Threads : group.Threads, options.Precision);
    }

    /// <summary>A whole training step.</summary>
    public int Train(BenchShape shape)
    {
        ModelWork.Check(shape);
        if (shape.Batch < _group.Count)
        {
            throw new ArgumentException($"'BatchSize' is {shape.Batch}, which are too few lanes for {_group.Count} processes");
        }

        var own = GruLanguageModel.Create(shape.Config, _compute, seed: 1);
        using ITrainableModel together = _group.Together(own, _isBf16);
        TokenBatch whole = ModelWork.RandomBatch(shape);
        var place = LanePlace.Of(shape.Batch, _group.Rank, _group.Count);
        var share = new TokenBatch(shape.Bptt, place.Lanes);
        whole.CopyLanes(place.First, share);
        LinkFigures link = LinkProbe.Measure(_group);
        LinkFigures felt = link.FeltBy(_compute.Threads, _group.Threads);
        var rounds = new List<RanksRound>();
        for (int round = 0; round < Rounds; round++)
        {
            double alone = _group.Rank == 0 ? StepProfile.Measure(own, whole, shape.Steps, _session.Stop).Seconds : 0;
            _group.AwaitFirst();
            StopIfAsked();
            var apart = StepProfile.Measure(own, share, shape.Steps, _session.Stop);
            StopIfAsked();
            double seconds = Seconds(together, whole, shape.Steps);
            var predicted = StepPrediction.Of(apart, shape.Config, _group.Count, felt, _isBf16 ? 2 : sizeof(float));
            double[] all = new double[3 * _group.Count];
            (all[3 * _group.Rank], all[(3 * _group.Rank) + 1], all[(3 * _group.Rank) + 2]) =
                (apart.Seconds, predicted.Seconds, predicted.Bytes);
            _group.Gather(all);
            rounds.Add(new RanksRound(
                _group.OfFirst(alone), Most(all, 0), _group.OfFirst(seconds), Most(all, 1), Most(all, 2)));
        }

        var machine = BenchMachine.Of(_compute, _options.Precision);
        new RanksReport(_options.Json, machine, _session.Output).Write(shape, _group, link, rounds);
        return ExitCode.Done;
    }

    public void Dispose() => _compute.Dispose();

    private static double Most(double[] all, int which) => all.Where((_, i) => i % 3 == which).Max();

    private double Seconds(ITrainableModel model, TokenBatch batch, int steps)
    {
        var times = new List<double>();
        for (int step = -2; step < steps; step++)
        {
            StopIfAsked();
            long start = Stopwatch.GetTimestamp();
            model.ForwardBackward(batch, batch.Targets.Length, step + 2);
            model.Update(1e-4, Math.Min(1, 1 / model.GradientNorm()));
            if (step >= 0) times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return times.Order().ElementAt(times.Count / 2);
    }

    private void StopIfAsked()
    {
        if (_group.Stopped(_session.Stop)) throw new OperationCanceledException(_session.Stop);
    }
}
