// How long a training step of several processes takes, from a step of one (StepProfile.cs) and a connection (LinkFigures.cs). It follows
// the parts of the gradient on their way as GradientSum.cs sends them: each leaves when it is complete and the wire is free, takes the wire
// for its bytes, and keeps a processor from computing for as long as that costs.

using GruLM.Model;

namespace GruLM.Distributed;

/// <summary>A step of several processes.</summary>
/// <param name="Seconds">What it takes.</param>
/// <param name="Bytes">What each process sends, and receives.</param>
internal readonly record struct StepPrediction(double Seconds, double Bytes)
{
    // What MPI needs for one more message, beyond its latency: some microseconds, as Open MPI over TCP was seen to.
    private const double SecondsPerMessage = 3e-6;

    /// <summary>Predicts a step.</summary>
    /// <param name="own">A step of the process with the most lanes.</param>
    /// <param name="config">The model.</param>
    /// <param name="count">How many processes there are.</param>
    /// <param name="link">What connects them.</param>
    /// <param name="width">Bytes of a number on its way.</param>
    public static StepPrediction Of(StepProfile own, GruConfig config, int count, LinkFigures link, int width)
    {
        if (count == 1) return new StepPrediction(own.Seconds, 0);
        var wire = new Wire(link, count);
        double rows = own.Rows * count;
        bool sendsRows = rows < 2.0 * (count - 1) * config.VocabSize / count;
        bool outputGoesLast = !sendsRows && config.TieWeights;
        foreach (ReadyPart part in outputGoesLast ? own.Parts.Skip(1) : own.Parts)
        {
            wire.Send(part.Seconds, LinkProbe.SentBytes(part.Numbers, count, width), ways: 2);
        }

        double backward = own.Backward + wire.Delay;
        if (sendsRows) wire.Send(own.Backward, own.Rows * config.EmbeddingDim * sizeof(float) * (count - 1), ways: 1);
        else wire.Send(own.Backward, LinkProbe.SentBytes((double)config.VocabSize * config.EmbeddingDim, count, width), ways: 2);

        // Figures of the loss are collected in between, and waited for.
        double figures = link.Latency + ((count - 1) * SecondsPerMessage);
        return new StepPrediction(Math.Max(backward + figures, wire.Done) + own.Update, wire.Bytes);
    }

    private sealed class Wire(LinkFigures link, int count)
    {
        private double _free;

        /// <summary>When all has come.</summary>
        public double Done { get; private set; }

        /// <summary>Seconds that a processor was kept from computing.</summary>
        public double Delay { get; private set; }

        /// <summary>What was sent.</summary>
        public double Bytes { get; private set; }

        public void Send(double ready, double bytes, int ways)
        {
            double start = Math.Max(ready + Delay, _free);
            _free = start + (bytes / link.BytesPerSecond);
            Done = Math.Max(Done, _free + (ways * (link.Latency + ((count - 1) * SecondsPerMessage))));
            Delay += bytes * link.ProcessorTime;
            Bytes += bytes;
        }
    }
}
