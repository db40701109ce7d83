// An optimizer on the card: its state lies there, laid out like the parameters, and checkpoints are written and read through the same
// optimizer of the processor, so that they move freely between the two.

using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>Updates parameters by their gradients, which are zero afterwards. One thread at a time.</summary>
internal abstract class CardOptimizer : IDisposable
{
    private const int ChunkLength = 4096;
    private const int Threads = 256;
    private readonly List<DeviceBuffer<UpdateStretch>> _chunks = [];

    /// <summary>An optimizer with no updates made and <paramref name="states"/> buffers of state.</summary>
    protected CardOptimizer(Card card, CardParameters parameters, DeviceBuffer<float> gradients, int states)
    {
        (Card, Parameters, Gradients) = (card, parameters, gradients);
        State = [.. Enumerable.Range(0, states).Select(_ => card.Context.Allocate<float>(parameters.Values.Length))];
    }

    /// <summary>Updates made so far.</summary>
    public long Steps { get; private set; }

    /// <summary>What it remembers, in the order of the processor's optimizer.</summary>
    protected DeviceBuffer<float>[] State { get; }

    /// <summary>The card.</summary>
    protected Card Card { get; }

    /// <summary>What is updated.</summary>
    protected CardParameters Parameters { get; }

    /// <summary>The gradients.</summary>
    protected DeviceBuffer<float> Gradients { get; }

    /// <summary>The optimizer that the options ask for.</summary>
    public static CardOptimizer Create(Card card, CardParameters parameters, DeviceBuffer<float> gradients, OptimizerOptions options)
    {
        using var scope = new AllocationScope(card.Context);
        CardOptimizer optimizer = options switch
        {
            MuonOptions muon => new CardMuon(card, parameters, gradients, muon),
            AdamWOptions adamW => new CardAdamW(card, parameters, gradients, adamW, _ => true),
            SgdOptions sgd => new CardSgd(card, parameters, gradients, sgd),
            _ => throw new ArgumentException($"the optimizer {options.Name} is not known on a card", nameof(options)),
        };
        scope.Keep();
        return optimizer;
    }

    /// <summary>Counts an update, and writes what it needs besides state into <paramref name="numbers"/>.</summary>
    public void Begin(double learningRate, ref StepNumbers numbers)
    {
        Steps++;
        Fill(learningRate, ref numbers);
    }

    /// <summary>The update that was begun, with numbers that have reached the card.</summary>
    public abstract void Apply(DevicePointer numbers);

    /// <summary>Copies the state into an optimizer of the same kind on the processor.</summary>
    public unsafe void CopyTo(Optimizer host)
    {
        host.Steps = Steps;
        foreach ((OptimizerState part, DeviceBuffer<float> buffer) in host.State.Zip(State))
        {
            Card.Context.Download(buffer, 0, part.Values.Pointer, part.Values.Length);
        }
    }

    /// <summary>Takes over the state of an optimizer of the same kind on the processor.</summary>
    public unsafe void CopyFrom(Optimizer host)
    {
        Steps = host.Steps;
        foreach ((OptimizerState part, DeviceBuffer<float> buffer) in host.State.Zip(State))
        {
            Card.Context.Upload(buffer, 0, part.Values.Pointer, part.Values.Length);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The numbers of the update that is counted now.</summary>
    protected abstract void Fill(double learningRate, ref StepNumbers numbers);

    /// <summary>Cuts tensors into chunks, a block each.</summary>
    protected DeviceBuffer<UpdateStretch> Cut(IEnumerable<ParameterView> views)
    {
        var list = new List<UpdateStretch>();
        foreach (ParameterView view in views)
        {
            for (long start = 0; start < view.Length; start += ChunkLength)
            {
                int length = (int)Math.Min(ChunkLength, view.Length - start);
                list.Add(new UpdateStretch
                {
                    Offset = view.Offset + start,
                    Length = (length + 3) / 4 * 4,
                    Decays = view.IsVector ? 0 : 1,
                });
            }
        }

        DeviceBuffer<UpdateStretch> chunks = Card.Context.Allocate<UpdateStretch>(list.Count);
        Card.Context.Upload(chunks, 0, list.ToArray());
        _chunks.Add(chunks);
        return chunks;
    }

    /// <summary>What every update kernel is given.</summary>
    protected UpdateArguments Arguments(DevicePointer numbers) => new()
    {
        Parameters = Parameters.Values.At(0),
        Gradients = Gradients.At(0),
        First = State[0].At(0),
        Second = State[^1].At(0),
        Numbers = numbers,
    };

    /// <summary>Launches an update over chunks.</summary>
    protected void Run(CudaKernel kernel, DeviceBuffer<UpdateStretch> chunks, UpdateArguments arguments)
    {
        if (chunks.Length == 0) return;
        arguments.Chunks = chunks.At(0);
        Card.Context.Launch(kernel, new Grid((int)chunks.Length), Threads, 0, arguments);
    }

    /// <summary>Frees the state.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        foreach (DeviceBuffer<float> buffer in State) buffer.Dispose();
        foreach (DeviceBuffer<UpdateStretch> chunks in _chunks) chunks.Dispose();
    }
}
