// The loop of generation: choose a token, show its text, read it. Shared by Generate and ChatSession.

using GruLM.Generation;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>A decoding session with its sampler and its streaming decoder.</summary>
internal sealed class TextWriterSession : IDisposable
{
    private readonly LanguageModel model;
    private readonly GenerationOptions options;
    private readonly DecodingSession session;
    private readonly Sampler sampler;
    private readonly StreamingDecoder decoder;

    public TextWriterSession(LanguageModel model, GenerationOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxTokens);
        (this.model, this.options) = (model, options);
        sampler = new Sampler(options.Sampling ?? model.Defaults.ToSampling());
        session = model.NewSession();
        decoder = model.Tokenizer.CreateStreamingDecoder();
    }

    /// <summary>The token that ended the last text; −1 when its length did.</summary>
    public int StoppedBy { get; private set; } = -1;

    /// <summary>Reads tokens without writing any. The decoder sees them too, so that the text that follows is spaced right.</summary>
    public void Read(IEnumerable<int> ids)
    {
        foreach (int id in ids)
        {
            session.Read(id);
            sampler.Accept(id);
            decoder.Push(id);
        }
    }

    /// <summary>Writes until a stop token, a stop string or the length.</summary>
    public IEnumerable<string> Write(int[] stops, CancellationToken cancel)
    {
        var watch = new StopStrings(options.Stop);
        int[] never = options.IgnoreEos ? [.. model.Never, .. model.Stops] : model.Never;
        StoppedBy = -1;
        for (int i = 0; i < options.MaxTokens && !watch.Stopped; i++)
        {
            if (cancel.IsCancellationRequested) yield break;
            int id = sampler.Sample(session.Logits(), never);
            if (stops.Contains(id) && !options.IgnoreEos)
            {
                StoppedBy = id;
                break;
            }

            session.Read(id);
            sampler.Accept(id);
            string text = watch.Push(decoder.Push(id));
            if (text.Length > 0) yield return text;
        }

        if (watch.Stopped) yield break;
        string rest = watch.Push(decoder.Flush());
        if (!watch.Stopped) rest += watch.Flush();
        if (rest.Length > 0) yield return rest;
    }

    /// <summary>Forgets everything read and written.</summary>
    public void Reset()
    {
        session.Reset();
        sampler.Reset();
        decoder.Reset();
    }

    public void Dispose() => session.Dispose();
}
