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

    private Completions(LanguageModel model, GenerationOptions options) =>
        (_model, _options, _sampling) = (model, options, options.Sampling ?? model.Defaults.ToSampling());

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
        if (Behind(read[..^1], cancel) is not { } start) yield break;
        var batch = new TextBatch(_model);
        var texts = new Dictionary<int, DrawnText>();
        int begun = 0;
        try
        {
            for (int given = 0; given < count;)
            {
                for (; begun < count && begun < given + MostAtOnce && batch.Count < MostAtOnce; begun++)
                {
                    texts.Add(begun, new DrawnText(_model, OptionsOf(begun), batch, start, read[^1], cancel));
                }

                batch.Step();
                while (!cancel.IsCancellationRequested && texts.TryGetValue(given, out DrawnText? text) && text.IsDone)
                {
                    yield return text.Completion;
                    text.Dispose();
                    texts.Remove(given++);
                }

                if (cancel.IsCancellationRequested) yield break;
            }
        }
        finally
        {
            foreach (DrawnText text in texts.Values) text.Dispose();
        }
    }

    // Where a text stands that has read these tokens; null when the reading was cancelled.
    private WriterState? Behind(int[] ids, CancellationToken cancel)
    {
        IDecodingSession session = _model.NewSession();
        try
        {
            if (!_model.TryRead(session, ids, cancel)) return null;
            using (_model.TakeTurn()) return new WriterState(session.SaveState(), ids, Drawn: 0, Decoded: ids.Length, MirostatBound: null);
        }
        finally
        {
            _model.EndSession(session);
        }
    }

    private GenerationOptions OptionsOf(int number) =>
        _options with { Sampling = _sampling with { Seed = _sampling.Seed + (ulong)number } };

    private List<Completion> Search(string prompt, int width, CancellationToken cancel)
    {
        int[] never = _options.IgnoreEos ? [.. _model.Ids.Never, .. _model.Ids.Stops] : _model.Ids.Never;
        int[] ends = _options.IgnoreEos ? [] : _model.Ids.Stops;
        ConstraintAutomaton? constraint = _model.Bind(_options, _model.Ids.Stops);
        IDecodingSession session = _model.NewSession();
        IDecoder decoder = _model.DecoderOfTexts;
        try
        {
            int[] read = [.. _model.PromptIds(prompt)];
            if (!_model.TryRead(session, read, cancel)) return [];
            using Turns.Turn turn = _model.TakeTurn();
            IReadOnlyList<Beam> beams = BeamSearch.Find(decoder, session, width, _options.MaxTokens, ends, never, constraint, cancel);
            return [.. beams.Select(beam => Tell(beam, read))];
        }
        finally
        {
            _model.EndSession(session);
        }
    }

    private Completion Tell(Beam beam, int[] read)
    {
        StreamingDecoder decoder = _model.Tokenizer.CreateStreamingDecoder();
        foreach (int id in read) decoder.Push(id);
        if (_options.Constraint is not null) decoder.KeepSpaces();
        var stops = new StopStrings(_options.Stop);
        var text = new StringBuilder();
        int tokens = 0;
        while (tokens < beam.Ids.Count && !stops.Stopped) text.Append(stops.Push(decoder.Push(beam.Ids[tokens++])));
        FinishReason reason = beam.HasEnded || stops.Stopped ? FinishReason.Stop : FinishReason.Length;
        if (!stops.Stopped) text.Append(stops.Push(decoder.Flush()));
        if (!stops.Stopped) text.Append(stops.Flush());
        return new Completion(text.ToString(), reason, tokens) { LogProb = beam.LogProb };
    }
}
