// The loop of generation: choose a token, show its text, read it. The only one: Generate, a chat, their asynchronous forms and the samples
// of a run in training all come here. Each step is a turn of the model's, so that several texts can be written side by side.

using GruLM.Generation;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>A decoding session with its sampler and its streaming decoder. Not thread-safe, but several of one model may be at
/// work.</summary>
internal sealed class TextWriterSession : IDisposable
{
    private readonly LanguageModel _model;
    private readonly GenerationOptions _options;
    private readonly IDecodingSession _session;
    private readonly Sampler _sampler;
    private readonly StreamingDecoder _decoder;

    /// <summary>Begins with nothing read. The options are valid.</summary>
    public TextWriterSession(LanguageModel model, GenerationOptions options)
    {
        (_model, _options) = (model, options);
        _sampler = new Sampler(options.Sampling ?? model.Defaults.ToSampling());
        _decoder = model.Tokenizer.CreateStreamingDecoder();
        _session = model.NewSession();
    }

    /// <summary>The token that ended the last text; −1 when its length did.</summary>
    public int StoppedBy { get; private set; } = -1;

    /// <summary>Reads tokens without writing any. The decoder sees them too, so that the text that follows is spaced right. A cancelled
    /// reading ends before the next token.</summary>
    public void Read(IEnumerable<int> ids, CancellationToken cancel = default)
    {
        foreach (int id in ids)
        {
            if (cancel.IsCancellationRequested) return;
            using (_model.TakeTurn()) _session.Read(id);
            _sampler.Accept(id);
            _decoder.Push(id);
        }
    }

    /// <summary>Writes until a stop token, a stop string or the length, or until it is cancelled, which ends it quietly.</summary>
    public IEnumerable<string> Write(int[] stops, CancellationToken cancel)
    {
        var watch = new StopStrings(_options.Stop);
        int[] never = _options.IgnoreEos ? [.. _model.Ids.Never, .. _model.Ids.Stops] : _model.Ids.Never;
        int[] ends = _options.IgnoreEos ? [] : stops;
        StoppedBy = -1;
        for (int i = 0; i < _options.MaxTokens && !watch.Stopped; i++)
        {
            if (cancel.IsCancellationRequested) yield break;
            int id = Step(never, ends);
            if (id < 0) break;
            string text = watch.Push(_decoder.Push(id));
            if (text.Length > 0) yield return text;
        }

        if (watch.Stopped) yield break;
        string last = watch.Push(_decoder.Flush());
        if (!watch.Stopped) last += watch.Flush();
        if (last.Length > 0) yield return last;
    }

    /// <summary>Forgets everything read and written.</summary>
    public void Reset()
    {
        using (_model.TakeTurn()) _session.Reset();
        _sampler.Reset();
        _decoder.Reset();
    }

    public void Dispose() => _model.EndSession(_session);

    // Chooses a token and reads it; −1 for one that ends the text, which is not read.
    private int Step(int[] never, int[] ends)
    {
        using Turns.Turn turn = _model.TakeTurn();
        int id = _sampler.Sample(_session.Logits(), never);
        if (ends.Contains(id))
        {
            StoppedBy = id;
            return -1;
        }

        _session.Read(id);
        _sampler.Accept(id);
        return id;
    }
}
