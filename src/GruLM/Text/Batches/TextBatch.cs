// Texts of one model that are written together: a step reads a token of each, and a stretch of the prompts that are still being read.
// Texts come and go between any two steps, and each is what it would be alone.

using GruLM.Generation;

namespace GruLM;

/// <summary>Drives the loops of several texts by one batch. Each step is a turn of the model's. Not thread-safe.</summary>
internal sealed class TextBatch(LanguageModel model)
{
    private readonly DecodingBatch _batch = new(model.DecoderOfTexts);
    private readonly List<BatchedText> _texts = [];

    /// <summary>Texts that are being written.</summary>
    public int Count => _texts.Count;

    /// <summary>A session for the writer of a text that is to be added.</summary>
    public BatchedSession NewSession()
    {
        IDecodingSession session = model.NewSession();
        using (model.TakeTurn()) return new BatchedSession(_batch, session);
    }

    /// <summary>Takes a text in, and goes on with it as far as it gets without a step.</summary>
    public void Add(BatchedText text)
    {
        _texts.Add(text);
        if (!text.GoOn()) _texts.Remove(text);
    }

    /// <summary>Lets a text go.</summary>
    public void Remove(BatchedText text) => _texts.Remove(text);

    /// <summary>A step of all texts; those that end are let go.</summary>
    public void Step()
    {
        using (model.TakeTurn()) _batch.Step();
        for (int i = 0; i < _texts.Count; i++)
        {
            if (_texts[i].IsWaiting || _texts[i].GoOn()) continue;
            _texts.RemoveAt(i--);
        }
    }
}
