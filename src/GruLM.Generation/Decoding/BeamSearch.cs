// Beam search: of all continuations of some texts by one token the likeliest go on, until nothing that goes on can become likelier than
// what has ended. A text's measure is its probability, nothing else: short ones are likelier than long ones.
// Source: Lowerre, "The HARPY Speech Recognition System", 1976.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Generation;

/// <summary>Finds likely texts. Not thread-safe, as the decoder.</summary>
public sealed class BeamSearch
{
    private readonly IDecoder _decoder;
    private readonly int _width;
    private readonly int _maxTokens;
    private readonly int[] _ends;
    private readonly int[] _never;
    private readonly ConstraintAutomaton? _constraint;
    private readonly List<Beam> _ended = [];

    // Those that go on, each with a session that has read it.
    private readonly IDecodingSession[] _sessions;
    private List<Open> _open = [];

    private BeamSearch(IDecoder decoder, int width, int maxTokens, int[] ends, int[] never, ConstraintAutomaton? constraint)
    {
        (_decoder, _width, _maxTokens, _ends, _never, _constraint) = (decoder, width, maxTokens, ends, never, constraint);
        _sessions = [.. Enumerable.Range(0, width).Select(_ => decoder.CreateSession())];
    }

    /// <summary>The likeliest texts behind a prompt, the likeliest first.</summary>
    /// <param name="decoder">The model; it is used until this returns.</param>
    /// <param name="prompt">A session of it that has read the prompt, and is left as it is.</param>
    /// <param name="width">Texts that are kept, at least 1.</param>
    /// <param name="maxTokens">Tokens of a text at most.</param>
    /// <param name="ends">Tokens that end a text.</param>
    /// <param name="never">Tokens that no text has.</param>
    /// <param name="cancel">Ends the search after the step at work with the texts as they are.</param>
    /// <exception cref="ArgumentException">The width is less than 1, or the length less than 0.</exception>
    /// <exception cref="InvalidDataException">The scores are not finite.</exception>
    public static IReadOnlyList<Beam> Find(
        IDecoder decoder, IDecodingSession prompt, int width, int maxTokens, IEnumerable<int> ends, IEnumerable<int> never,
        CancellationToken cancel = default) => Find(decoder, prompt, width, maxTokens, ends, never, null, cancel);

    /// <summary>The likeliest of the texts that an automaton, if there is one, allows.</summary>
    internal static IReadOnlyList<Beam> Find(
        IDecoder decoder, IDecodingSession prompt, int width, int maxTokens, IEnumerable<int> ends, IEnumerable<int> never,
        ConstraintAutomaton? constraint, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(maxTokens);
        var search = new BeamSearch(decoder, width, maxTokens, [.. ends], [.. never], constraint);
        try
        {
            return search.Run(prompt, cancel);
        }
        finally
        {
            foreach (IDecodingSession session in search._sessions) session.Dispose();
        }
    }

    private List<Beam> Run(IDecodingSession prompt, CancellationToken cancel)
    {
        int vocab = _decoder.Config.VocabSize;
        float[] logits = new float[_width * vocab];
        prompt.Logits().CopyTo(logits);
        float[][] states = [prompt.SaveState()];
        _open = [new Open([], 0, _constraint is null ? null : new(_constraint))];
        for (int length = 0; length < _maxTokens && _open.Count > 0 && !cancel.IsCancellationRequested; length++)
        {
            Extend(logits, states, _maxTokens - length);
            if (_open.Count == 0) break;
            IDecodingSession[] sessions = _sessions[.._open.Count];
            _decoder.Read(sessions, [.. _open.Select(open => open.Ids[^1])]);
            _decoder.Logits(sessions, logits);
            states = [.. sessions.Select(session => session.SaveState())];
        }

        IEnumerable<Beam> all = _ended.Concat(_open.Select(open => new Beam(open.Ids, open.LogProb, open.Place is { IsComplete: true })));
        return [.. all.OrderByDescending(beam => beam.LogProb).Take(_width)];
    }

    // The likeliest continuations of all that go on: those by a token that ends them have ended. Equally likely ones stand in the order of
    // the texts that they continue, and then of their tokens.
    private void Extend(float[] logits, float[][] states, int left)
    {
        int vocab = _decoder.Config.VocabSize;
        List<(float LogProb, int Parent, int Id)> next = [];
        for (int parent = 0; parent < _open.Count; parent++)
        {
            Span<float> row = logits.AsSpan(parent * vocab, vocab);
            var sum = LogSumExp.Of(row);
            if (!float.IsFinite(sum.LogTotal)) throw FiniteNumbers.Scores();
            foreach (int id in _never)
            {
                if ((uint)id < (uint)vocab) row[id] = float.NegativeInfinity;
            }

            float soFar = _open[parent].LogProb;
            if (_open[parent].Place is { } place && !TryKeep(row, place.Allowed(left)))
            {
                // Whole, and nothing may follow, not even a token that ends it.
                _ended.Add(new Beam(_open[parent].Ids, soFar, HasEnded: true));
                continue;
            }

            foreach (int id in Likeliest(row, _width + _ends.Length)) next.Add((soFar + sum.LogProb(row[id]), parent, id));
        }

        List<Open> open = [];
        foreach ((float logProb, int parent, int id) in next.OrderByDescending(c => c.LogProb).ThenBy(c => c.Parent).ThenBy(c => c.Id))
        {
            if (open.Count == _width || !CanBecomeBest(logProb)) break;
            if (_ends.Contains(id))
            {
                _ended.Add(new Beam(_open[parent].Ids, logProb, HasEnded: true));
                continue;
            }

            _sessions[open.Count].RestoreState(states[parent]);
            ConstraintCursor? place = _open[parent].Place?.Clone();
            place?.Accept(id);
            open.Add(new Open([.. _open[parent].Ids, id], logProb, place));
        }

        _open = open;
    }

    // Forbids the tokens whose bits are not set; false when there are none.
    private static bool TryKeep(Span<float> row, ReadOnlySpan<ulong> allowed)
    {
        if (allowed.IsEmpty) return false;
        for (int id = 0; id < row.Length; id++)
        {
            if ((allowed[id / 64] >> (id % 64) & 1) == 0) row[id] = float.NegativeInfinity;
        }

        return true;
    }

    // Whether a text of that probability can still be one of those that are asked for: going on makes none likelier.
    private bool CanBecomeBest(float logProb) =>
        logProb > float.NegativeInfinity && _ended.Count(beam => beam.LogProb >= logProb) < _width;

    private static IEnumerable<int> Likeliest(ReadOnlySpan<float> scores, int count)
    {
        var best = new PriorityQueue<int, (float Score, int Id)>();
        for (int id = 0; id < scores.Length; id++)
        {
            if (best.Count < count) best.Enqueue(id, (scores[id], -id));
            else if (scores[id] > scores[best.Peek()]) best.EnqueueDequeue(id, (scores[id], -id));
        }

        return best.UnorderedItems.Select(item => item.Element);
    }

    // A text that goes on.
    private sealed record Open(List<int> Ids, float LogProb, ConstraintCursor? Place);
}
