// Texts of one model that are written together: a step reads a token of each, and a stretch of the prompts that are still being read.
// Texts come and go between any two steps, and each is what it would be alone.

using GruLM.Generation;
using GruLM.Kernels;

namespace GruLM;

/// <summary>Drives the loops of several texts by one batch. Each step is a turn of the model's. Sessions may be made by any thread; the
/// rest is one thread's at a time.</summary>
internal sealed class TextBatch(LanguageModel model)
{
    private readonly DecodingBatch _batch = new(model.DecoderOfTexts);
    private readonly List<BatchedText> _texts = [];
    private readonly Candidates _scratch = new(KernelChoice.Default());

    /// <summary>Texts that are being written.</summary>
    public int Count => _texts.Count;

    /// <summary>A session for the writer of a text that is to be added.</summary>
    public BatchedSession NewSession()
    {
        IDecodingSession session = model.NewSession();
        using (model.TakeTurn()) return new BatchedSession(_batch, session, _scratch);
    }

    /// <summary>Takes a text in, also one that paused, and goes on with it as far as it gets without a step.</summary>
    public void Add(BatchedText text)
    {
        if (text.IsWaiting || text.GoOn()) _texts.Add(text);
    }

    /// <summary>Lets a text go.</summary>
    public void Remove(BatchedText text) => _texts.Remove(text);

    /// <summary>A step of all texts; those that end or pause are let go.</summary>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public void Step()
    {
        if (_texts.Count == 0) return;
        using (model.TakeTurn()) _batch.Step();
        _texts.RemoveAll(text => !text.IsWaiting && !text.GoOn());
    }

    /// <summary>A step whose failure is told to the texts, which end by it; false when there are none.</summary>
    public bool TryStep()
    {
        try
        {
            Step();
        }
        catch (Exception error)
        {
            foreach (BatchedText text in _texts) text.Fail(error);
            _texts.Clear();
        }

        return _texts.Count > 0;
    }
}
