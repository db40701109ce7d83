// Texts of one model that are written together: a step reads a token of each, and a stretch of the prompts that are still being read.
// Texts come and go between any two steps, and each is what it would be alone.

using GruLM.Generation;

namespace GruLM;

/// <summary>Drives the loops of several texts by one batch. Each step is a turn of the model's. Sessions may be made by any thread; the
/// rest is one thread's at a time.</summary>
internal sealed class TextBatch
{
    private readonly LanguageModel _model;
    private readonly IDecoder _decoder;
    private readonly DecodingBatch _batch;
    private readonly List<BatchedText> _texts = [];
    private readonly List<BatchedSession> _choosing = [];
    private readonly Action<int> _choose;

    /// <summary>A batch without texts.</summary>
    public TextBatch(LanguageModel model)
    {
        (_model, _decoder) = (model, model.DecoderOfTexts);
        _batch = new DecodingBatch(_decoder);
        _choose = i => _choosing[i].Choose();
    }

    /// <summary>Texts that are being written.</summary>
    public int Count => _texts.Count;

    /// <summary>A session for the writer of a text that is to be added.</summary>
    public BatchedSession NewSession()
    {
        IDecodingSession session = _model.NewSession();
        using (_model.TakeTurn()) return new BatchedSession(_batch, session);
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
        using (_model.TakeTurn())
        {
            _batch.Step();
            Choose();
        }

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

    // The draws, which need nothing of the decoder, on all of its threads.
    private void Choose()
    {
        _choosing.Clear();
        _choosing.AddRange(_texts.Select(text => text.Session).Where(session => session.CanChoose));
        _decoder.Share(_choosing.Count, _choose);
    }
}
