// Several texts behind the same prompt, written at the same time: the prompt is read once, and each text is another draw. Each is the text
// that its seed gives alone.

using System.Text;
using GruLM.Generation;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>Writes texts behind a prompt together.</summary>
internal sealed class Completions
{
    // Texts at once; another begins when one ends.
    private const int MostAtOnce = 64;

    private readonly LanguageModel _model;
    private readonly GenerationOptions _options;
    private readonly SamplingOptions _sampling;
    private readonly int[] _never;
    private readonly int[] _ends;
    private readonly ConstraintAutomaton? _constraint;
    private readonly Dictionary<int, Completion> _done = [];
    private readonly LogProbs _logProbs = new();

    // Texts that are being written.
    private readonly HashSet<BatchMember> _members = [];

    private Completions(LanguageModel model, GenerationOptions options)
    {
        (_model, _options) = (model, options);
        _sampling = options.Sampling ?? model.Defaults.ToSampling();
        _never = options.IgnoreEos ? [.. model.Ids.Never, .. model.Ids.Stops] : model.Ids.Never;
        _ends = options.IgnoreEos ? [] : model.Ids.Stops;
        _constraint = model.Bind(options, model.Ids.Stops);
    }

    /// <summary>Texts in the order of their seeds, which are one more each.</summary>
    public static IEnumerable<Completion> Write(
        LanguageModel model, string prompt, int count, GenerationOptions options, CancellationToken cancel) =>
        new Completions(model, options).Write(prompt, count, cancel);

    /// <summary>The likeliest texts that beam search finds, the likeliest first.</summary>
    public static IReadOnlyList<Completion> Search(
        LanguageModel model, string prompt, int width, GenerationOptions options, CancellationToken cancel) =>
        new Completions(model, options).Search(prompt, width, cancel);

    private IEnumerable<Completion> Write(string prompt, int count, CancellationToken cancel)
    {
        int[] read = [.. _model.PromptIds(prompt)];
        IDecodingSession first = _model.NewSession();
        var batch = new DecodingBatch(_model.DecoderOfTexts);
        int begun = 0;
        try
        {
            if (!_model.TryRead(first, read, cancel)) yield break;
            (float[] state, float[] logits) = Moment(first);
            for (int given = 0; given < count;)
            {
                if (cancel.IsCancellationRequested) yield break;
                for (; begun < count && begun < given + MostAtOnce && batch.Count < MostAtOnce; begun++)
                {
                    Begin(batch, begun, read, state, logits);
                }

                using (_model.TakeTurn()) batch.Step((member, scores) => Choose(batch, member, scores));
                while (_done.Remove(given, out Completion? completion))
                {
                    yield return completion;
                    given++;
                }
            }
        }
        finally
        {
            _model.EndSession(first);
            foreach (BatchMember member in _members) _model.EndSession(member.Session);
        }
    }

    private (float[] State, float[] Logits) Moment(IDecodingSession session)
    {
        using (_model.TakeTurn()) return (session.SaveState(), session.Logits().ToArray());
    }

    private void Begin(DecodingBatch batch, int number, int[] read, float[] state, float[] logits)
    {
        IDecodingSession session = _model.NewSession();
        using (_model.TakeTurn()) session.RestoreState(state);
        BatchMember member = batch.Join(session);
        _members.Add(member);
        Text text = NewText(number, _sampling with { Seed = _sampling.Seed + (ulong)number });
        foreach (int id in read)
        {
            text.Sampler.Accept(id);
            text.Decoder.Push(id);
        }

        if (_constraint is not null) text.Decoder.KeepSpaces();
        member.Tag = text;
        Choose(batch, member, logits);
    }

    private void Choose(DecodingBatch batch, BatchMember member, ReadOnlySpan<float> logits)
    {
        var text = (Text)member.Tag!;
        FinishReason? end = _options.MaxTokens == 0 ? text.OutOfTokens : WriteOne(text, logits);
        if (end is null)
        {
            batch.Read(member, [text.Last]);
            return;
        }

        _members.Remove(member);
        batch.Leave(member);
        member.Session.Dispose();
        _done[text.Number] = text.End(end.Value);
    }

    // What ends the text; null when it goes on.
    private FinishReason? WriteOne(Text text, ReadOnlySpan<float> logits)
    {
        ReadOnlySpan<ulong> allowed = default;
        if (text.Cursor is { } cursor)
        {
            allowed = cursor.Allowed(_options.MaxTokens - text.Tokens);
            if (allowed.IsEmpty) return FinishReason.Stop;
        }

        int id = text.Sampler.Sample(logits, _never, allowed);
        if (_ends.Contains(id)) return FinishReason.Stop;
        if (_options.LogProbs is { } best) text.Choices.Add(TokenChoice.Of(_logProbs, logits, id, best));
        if (!text.Write(id)) return FinishReason.Stop;
        text.Sampler.Accept(id);
        text.Cursor?.Accept(id);
        return text.Tokens == _options.MaxTokens ? text.OutOfTokens : null;
    }

    private Text NewText(int number, SamplingOptions sampling) => new(number, sampling, _options, _model.Tokenizer)
    {
        Cursor = _constraint is null ? null : new ConstraintCursor(_constraint),
    };

    private List<Completion> Search(string prompt, int width, CancellationToken cancel)
    {
        IDecodingSession session = _model.NewSession();
        IDecoder decoder = _model.DecoderOfTexts;
        try
        {
            int[] read = [.. _model.PromptIds(prompt)];
            if (!_model.TryRead(session, read, cancel)) return [];
            using Turns.Turn turn = _model.TakeTurn();
            IReadOnlyList<Beam> beams = BeamSearch.Find(decoder, session, width, _options.MaxTokens, _ends, _never, _constraint, cancel);
            return [.. beams.Select(beam => Tell(beam, read))];
        }
        finally
        {
            _model.EndSession(session);
        }
    }

    private Completion Tell(Beam beam, int[] read)
    {
        var text = new Text(0, _sampling, _options, _model.Tokenizer);
        foreach (int id in read) text.Decoder.Push(id);
        if (_constraint is not null) text.Decoder.KeepSpaces();
        bool isWhole = beam.Ids.All(text.Write);
        return text.End(beam.HasEnded || !isWhole ? FinishReason.Stop : FinishReason.Length) with { LogProb = beam.LogProb };
    }

    // A text on its way.
    private sealed class Text(int number, SamplingOptions sampling, GenerationOptions options, Tokenizer tokenizer)
    {
        private readonly StringBuilder _text = new();
        private readonly StopStrings _stops = new(options.Stop);

        public int Number => number;

        public int Tokens { get; private set; }

        /// <summary>The last token.</summary>
        public int Last { get; private set; }

        public List<TokenChoice> Choices { get; } = [];

        /// <summary>Where the text stands in the constraint; null where there is none.</summary>
        public ConstraintCursor? Cursor { get; init; }

        /// <summary>What a text is that may have no more tokens: ended, where it fits the constraint.</summary>
        public FinishReason OutOfTokens => Cursor is { IsComplete: true } ? FinishReason.Stop : FinishReason.Length;

        public Sampler Sampler { get; } = new(sampling);

        public StreamingDecoder Decoder { get; } = tokenizer.CreateStreamingDecoder();

        /// <summary>Takes a token; false when a stop string has ended the text.</summary>
        public bool Write(int id)
        {
            Tokens++;
            Last = id;
            _text.Append(_stops.Push(Decoder.Push(id)));
            return !_stops.Stopped;
        }

        public Completion End(FinishReason reason)
        {
            if (!_stops.Stopped) _text.Append(_stops.Push(Decoder.Flush()));
            if (!_stops.Stopped) _text.Append(_stops.Flush());
            return new Completion(_text.ToString(), reason, Tokens) { Choices = Choices };
        }
    }
}
