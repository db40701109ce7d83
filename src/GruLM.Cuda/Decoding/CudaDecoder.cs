// Decoding on a card for the other projects: sessions that are states there, read one at a time, many at once, or in stretches.

using GruLM.Generation;
using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>Sessions of one model on a card; the parameters stay the caller's, and what they are on the card is the device's. A session
/// computes the same bits whatever others are there. Decoders over the same parameters may read each other's sessions.</summary>
internal sealed class CudaDecoder(CudaDevice device, GruParameters parameters) : IDecoder
{
    private readonly HashSet<CudaDecodingSession> _marks = [];
    private DecodedModel? _model;

    /// <inheritdoc/>
    public GruConfig Config => parameters.Config;

    /// <inheritdoc/>
    public WeightFormat Weights => WeightFormat.Fp32;

    /// <inheritdoc/>
    public IDecodingSession CreateSession()
    {
        CudaDecodingSession session = device.CreateSession(parameters);
        _model = session.Model;
        return session;
    }

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<IDecodingSession> sessions, ReadOnlySpan<int> ids)
    {
        SessionChecks.Ids(ids, sessions.Length, Config.VocabSize);
        CudaDecodingSession[] own = Own(sessions);
        _marks.Clear();
        if (!own.All(_marks.Add)) throw new ArgumentException("a session stands there twice");
        for (int first = 0; first < own.Length; first += CardColumns.Most)
        {
            int count = Math.Min(CardColumns.Most, own.Length - first);
            if (count == 1) own[first].Read(ids[first]);
            else _model!.Columns.Read(own.AsSpan(first, count), ids.Slice(first, count));
        }
    }

    /// <inheritdoc/>
    public void Read(IDecodingSession session, ReadOnlySpan<int> ids, Span<float> logits)
    {
        SessionChecks.Ids(ids, Config.VocabSize);
        SessionChecks.Logits(logits, ids.Length, Config.VocabSize);
        CudaDecodingSession[] own = Own([session]);
        if (!ids.IsEmpty) _model!.Columns.Read(own[0], ids, logits);
    }

    /// <inheritdoc/>
    public void Logits(ReadOnlySpan<IDecodingSession> sessions, Span<float> logits)
    {
        SessionChecks.Logits(logits, sessions.Length, Config.VocabSize);
        CudaDecodingSession[] own = Own(sessions);
        for (int first = 0; first < own.Length; first += CardColumns.Most)
        {
            int count = Math.Min(CardColumns.Most, own.Length - first);
            Span<float> scores = logits[(first * Config.VocabSize)..];
            if (count == 1) own[first].Logits().CopyTo(scores);
            else _model!.Columns.Score(own.AsSpan(first, count), scores);
        }
    }

    /// <inheritdoc/>
    public void Share(int count, Action<int> work) => SharedWork.Run(device.Team, count, work);

    /// <inheritdoc/>
    public void Dispose()
    {
        // Sessions own what they need.
    }

    private CudaDecodingSession[] Own(ReadOnlySpan<IDecodingSession> sessions)
    {
        var own = new CudaDecodingSession[sessions.Length];
        for (int i = 0; i < own.Length; i++)
        {
            if (sessions[i] is not CudaDecodingSession one || one.Model != _model) throw SessionChecks.Foreign();

            // Before any of them has read something.
            _ = one.State;
            own[i] = one;
        }

        return own;
    }
}
