// Decoding on a card for the other projects: sessions that are nothing but states there, read one at a time, many at once, or in stretches.

using GruLM.Generation;
using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>Sessions of one model on a card; the parameters stay the caller's, and what they are on the card is the device's. A session
/// computes the same bits whatever others are there.</summary>
internal sealed class CudaDecoder(CudaDevice device, GruParameters parameters) : IDecoder
{
    private readonly HashSet<CudaDecodingSession> _marks = [];
    private CudaDecodingSession[] _sessions = [];

    /// <inheritdoc/>
    public GruConfig Config => parameters.Config;

    /// <inheritdoc/>
    public WeightFormat Weights => WeightFormat.Fp32;

    /// <inheritdoc/>
    public IDecodingSession CreateSession() => device.CreateSession(parameters);

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<IDecodingSession> sessions, ReadOnlySpan<int> ids)
    {
        SessionChecks.Ids(ids, sessions.Length, Config.VocabSize);
        ReadOnlySpan<CudaDecodingSession> own = Collect(sessions);
        foreach (CudaDecodingSession session in own)
        {
            if (!_marks.Add(session)) throw new ArgumentException("a session stands there twice");
        }

        for (int first = 0; first < own.Length; first += CardColumns.Most)
        {
            int count = Math.Min(CardColumns.Most, own.Length - first);
            if (count == 1) own[first].Read(ids[first]);
            else own[first].Columns.Read(own.Slice(first, count), ids.Slice(first, count));
        }
    }

    /// <inheritdoc/>
    public void Read(IDecodingSession session, ReadOnlySpan<int> ids, Span<float> logits)
    {
        SessionChecks.Ids(ids, Config.VocabSize);
        SessionChecks.Logits(logits, ids.Length, Config.VocabSize);
        ReadOnlySpan<CudaDecodingSession> own = Collect([session]);
        own[0].Columns.Read(own[0], ids, logits);
    }

    /// <inheritdoc/>
    public void Logits(ReadOnlySpan<IDecodingSession> sessions, Span<float> logits)
    {
        SessionChecks.Logits(logits, sessions.Length, Config.VocabSize);
        ReadOnlySpan<CudaDecodingSession> own = Collect(sessions);
        for (int first = 0; first < own.Length; first += CardColumns.Most)
        {
            int count = Math.Min(CardColumns.Most, own.Length - first);
            own[first].Columns.Score(own.Slice(first, count), logits[(first * Config.VocabSize)..]);
        }
    }

    /// <inheritdoc/>
    public void Share(int count, Action<int> work) => SharedWork.Run(device.Compute, count, work);

    /// <inheritdoc/>
    public void Dispose()
    {
        // Sessions own what they need.
    }

    private ReadOnlySpan<CudaDecodingSession> Collect(ReadOnlySpan<IDecodingSession> sessions)
    {
        if (_sessions.Length < sessions.Length) _sessions = new CudaDecodingSession[sessions.Length];
        _marks.Clear();
        for (int i = 0; i < sessions.Length; i++)
        {
            if (sessions[i] is not CudaDecodingSession own || !device.Knows(parameters, own.Columns)) throw SessionChecks.Foreign();
            _sessions[i] = own;
        }

        return _sessions.AsSpan(0, sessions.Length);
    }
}
