// The loop of generation: choose a token, show its text, read it. Shared by Generate and ChatSession.

using GruLM.Generation;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>A decoding session with its sampler and its streaming decoder.</summary>
internal sealed class TextWriterSession : IDisposable
{
    private readonly LanguageModel _model;
    private readonly GenerationOptions _options;
    private readonly DecodingSession _session;
    private readonly Sampler _sampler;
    private readonly StreamingDecoder _decoder;

    public TextWriterSession(LanguageModel model, GenerationOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxTokens);
        (_model, _options) = (model, options);
        _sampler = new Sampler(options.Sampling ?? model.Defaults.ToSampling());
        _session = model.NewSession();
        _decoder = model.Tokenizer.CreateStreamingDecoder();
    }

    /// <summary>The token that ended the last text; −1 when its length did.</summary>
    public int StoppedBy { get; private set; } = -1;

    /// <summary>Reads tokens without writing any. The decoder sees them too, so that the text that follows is spaced right.</summary>
    public void Read(IEnumerable<int> ids)
    {
        foreach (int id in ids)
        {
            _session.Read(id);
            _sampler.Accept(id);
            _decoder.Push(id);
        }
    }

    /// <summary>Writes until a stop token, a stop string or the length.</summary>
    public IEnumerable<string> Write(int[] stops, CancellationToken cancel)
    {
        var watch = new StopStrings(_options.Stop);
        int[] never = _options.IgnoreEos ? [.. _model.Never, .. _model.Stops] : _model.Never;
        StoppedBy = -1;
        for (int i = 0; i < _options.MaxTokens && !watch.Stopped; i++)
        {
            if (cancel.IsCancellationRequested) yield break;
            int id = _sampler.Sample(_session.Logits(), never);
            if (stops.Contains(id) && !_options.IgnoreEos)
            {
                StoppedBy = id;
                break;
            }

            _session.Read(id);
            _sampler.Accept(id);
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
        _session.Reset();
        _sampler.Reset();
        _decoder.Reset();
    }

    public void Dispose() => _session.Dispose();
}
