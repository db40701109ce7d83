// The fixed parts that the sums of a unigram training are formed in: text i belongs to part i mod num_threads, and parts are merged in
// order, so that a result does not depend on how many processors are at work.
namespace GruLM.Tokenization;

/// <summary>Runs work on each part of a corpus, a lattice a part.</summary>
internal sealed class CorpusParts
{
    private readonly TrainingJob _job;
    private readonly Lattice[] _lattices;

    /// <summary>Makes the parts that the job's settings ask for.</summary>
    public CorpusParts(TrainingJob job)
    {
        _job = job;
        _lattices = new Lattice[job.Options.NumThreads];
        for (int i = 0; i < _lattices.Length; i++)
        {
            _lattices[i] = new Lattice();
        }
    }

    /// <summary>How many parts there are.</summary>
    public int Count => _lattices.Length;

    /// <summary>Calls <paramref name="work"/> for every part, with its number and its lattice, on the processors that may be
    /// used.</summary>
    public void Run(Action<int, Lattice> work) =>
        Parallel.For(0, Count, _job.Options.Parallelism(_job.Cancellation), part => work(part, _lattices[part]));
}
