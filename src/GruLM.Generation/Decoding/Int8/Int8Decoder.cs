// Decoding in int8 for the other projects: sessions that are nothing but states, read one at a time, many at once, or in stretches.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Generation;

/// <summary>Sessions over a copy of a model in int8. Every machine, number of threads and number of sessions at once gives the same
/// bits.</summary>
public sealed unsafe class Int8Decoder : IDecoder
{
    private readonly Int8Engine _engine;

    // Managed, since it is handed out.
    private readonly float[] _logits;
    private bool _disposed;

    // Where the states of the sessions at work are, and those of them that have been seen.
    private readonly HashSet<nint> _marks = [];
    private AlignedBuffer<nint> _states = new(0);

    /// <summary>Copies <paramref name="parameters"/>; <paramref name="compute"/> stays the caller's.</summary>
    /// <exception cref="ArgumentException"><see cref="KernelChoice.Variable"/> names what this machine lacks.</exception>
    public Int8Decoder(GruParameters parameters, Compute compute)
        : this(parameters, compute, Int8Choice.Beside(compute.Path))
    {
    }

    internal Int8Decoder(GruParameters parameters, Compute compute, Int8Path path)
    {
        _engine = new Int8Engine(parameters, compute, path);
        _logits = GC.AllocateArray<float>(_engine.PaddedScores, pinned: true);
    }

    /// <inheritdoc/>
    public GruConfig Config => _engine.Config;

    /// <inheritdoc/>
    public WeightFormat Weights => WeightFormat.Int8;

    /// <summary>What computes the best scores alone.</summary>
    internal Int8BestScores Best => _engine.Best;

    /// <summary>Numbers in a session's state, with padding.</summary>
    internal int StateLength => _engine.StateLength;

    /// <summary>Numbers of a layer in a session's state, with padding.</summary>
    internal int PaddedUnits => _engine.PaddedUnits;

    /// <inheritdoc/>
    public IDecodingSession CreateSession()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new Int8Session(this);
    }

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<IDecodingSession> sessions, ReadOnlySpan<int> ids)
    {
        SessionChecks.Ids(ids, sessions.Length, Config.VocabSize);
        float** states = Collect(sessions);
        for (int i = 0; i < sessions.Length; i++)
        {
            if (_marks.Add((nint)states[i])) continue;
            throw new ArgumentException("a session stands there twice");
        }

        fixed (int* firstId = ids) _engine.Step(states, firstId, sessions.Length);
    }

    /// <inheritdoc/>
    public void Read(IDecodingSession session, ReadOnlySpan<int> ids, Span<float> logits)
    {
        SessionChecks.Ids(ids, Config.VocabSize);
        SessionChecks.Logits(logits, ids.Length, Config.VocabSize);
        float** states = Collect([session]);
        fixed (float* first = logits) _engine.ReadAndScore(*states, ids, first);
    }

    /// <inheritdoc/>
    public void Logits(ReadOnlySpan<IDecodingSession> sessions, Span<float> logits)
    {
        SessionChecks.Logits(logits, sessions.Length, Config.VocabSize);
        float** states = Collect(sessions);
        fixed (float* first = logits) _engine.Score(states, sessions.Length, first, Config.VocabSize);
    }

    /// <inheritdoc/>
    public void Share(int count, Action<int> work) => _engine.Share(count, work);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _engine.Dispose();
        _states.Dispose();
    }

    /// <summary>A state reads tokens, one after another.</summary>
    internal void Read(float[] state, ReadOnlySpan<int> ids)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        SessionChecks.Ids(ids, Config.VocabSize);
        fixed (float* pointer = state) _engine.Read(pointer, ids);
    }

    /// <summary>Scores of what comes next after a state: [V], in memory that the next call overwrites. With <paramref name="best"/>, as
    /// <see cref="IDecodingSession.BestLogits"/> says.</summary>
    internal ReadOnlySpan<float> Logits(float[] state, int best = 0)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        fixed (float* pointer = state, logits = _logits) _engine.ScoreBest(pointer, best, logits);
        return _logits.AsSpan(0, Config.VocabSize);
    }

    // Where the states of some sessions are; they are never moved.
    private float** Collect(ReadOnlySpan<IDecodingSession> sessions)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_states.Length < sessions.Length)
        {
            _states.Dispose();
            _states = new AlignedBuffer<nint>(sessions.Length);
        }

        _marks.Clear();
        for (int i = 0; i < sessions.Length; i++)
        {
            if (sessions[i] is not Int8Session own || own.Decoder != this) throw SessionChecks.Foreign();
            fixed (float* state = own.State) _states.Pointer[i] = (nint)state;
        }

        return (float**)_states.Pointer;
    }
}
