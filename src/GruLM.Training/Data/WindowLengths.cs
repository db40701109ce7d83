// How long the windows are that a stream is cut into: all T, or of random length as in AWD-LSTM (Merity, Keskar and Socher 2017), so that
// not the same tokens stand at the edge of a window in every epoch: around T, now and then around T / 2. Each length is a function of seed,
// epoch and index.

using GruLM.Kernels;

namespace GruLM.Training;

/// <summary>Window lengths around <paramref name="Bptt"/>.</summary>
/// <param name="Bptt">The usual length, T.</param>
/// <param name="Varies">Whether they are random.</param>
/// <param name="Seed">Decides them.</param>
internal sealed record WindowLengths(int Bptt, bool Varies, ulong Seed)
{
    /// <summary>The smallest T around which lengths vary: half of it is the shortest length.</summary>
    public const int SmallestBptt = 2 * Shortest;

    private const int Shortest = 5;
    private const double Spread = 5;
    private const double ShareOfWhole = 0.95;

    // Four times the spread: hardly any length is cut off, and memory is bounded.
    private const int MostAbove = 20;

    private readonly Philox _random = new(Seed, RandomPurpose.WindowLength);

    /// <summary>No window is longer.</summary>
    public int Longest => Varies ? Bptt + MostAbove : Bptt;

    /// <summary>The length of a window where the text does not end before.</summary>
    public int Of(int epoch, int index)
    {
        if (!Varies) return Bptt;
        ulong step = ((ulong)epoch << 32) | (uint)index;
        double mean = _random.Uniform(step, 0) < ShareOfWhole ? Bptt : Bptt / 2.0;
        return (int)Math.Clamp(Math.Floor(mean + (Spread * _random.Normal(step, 1))), Shortest, Longest);
    }
}
