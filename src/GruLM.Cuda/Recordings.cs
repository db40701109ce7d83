// What the card does to a batch, recorded as a graph for each shape of batch, so that the many launches of a step cost one call. The first
// time a shape comes it is only done: kernels are loaded and buffers made then.

namespace GruLM.Cuda;

/// <summary>What decides the launches of a pass over a batch.</summary>
internal readonly record struct RecordedShape(int Steps, int Lanes, int Part, bool Training);

/// <summary>Runs passes and records them. One thread at a time.</summary>
internal sealed class Recordings(CudaContext context) : IDisposable
{
    // Batches of lines come in many lengths; what is seldom seen is not worth recording.
    private const int Most = 64;
    private readonly Dictionary<RecordedShape, CudaGraph?> _graphs = [];

    /// <summary>Asks the card for a pass: anew, or as recorded.</summary>
    public void Run(RecordedShape shape, Action pass)
    {
        if (!_graphs.TryGetValue(shape, out CudaGraph? graph))
        {
            pass();
            if (_graphs.Count < Most) _graphs.Add(shape, null);
            return;
        }

        if (graph is null)
        {
            graph = Record(pass);
            _graphs[shape] = graph;
        }

        graph.Launch();
    }

    /// <summary>Drops all recordings: the buffers that they speak of are gone.</summary>
    public void Forget()
    {
        foreach (CudaGraph? graph in _graphs.Values) graph?.Dispose();
        _graphs.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => Forget();

    private CudaGraph Record(Action pass)
    {
        context.BeginCapture();
        try
        {
            pass();
            return context.EndCapture();
        }
        catch
        {
            context.AbandonCapture();
            throw;
        }
    }
}
