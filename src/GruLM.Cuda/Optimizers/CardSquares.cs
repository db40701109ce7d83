// Sums of squares on the card, in double precision and a fixed order.

namespace GruLM.Cuda;

/// <summary>Adds up squares. One thread at a time.</summary>
internal sealed class CardSquares : IDisposable
{
    private const int MostBlocks = 512;
    private const int NumbersOfBlock = 4096;
    private const int SharedBytes = 33 * sizeof(double);
    private readonly Card _card;
    private readonly CudaKernel _squares, _sum;
    private readonly DeviceBuffer<double> _parts;

    /// <summary>Loads the kernels.</summary>
    public CardSquares(Card card)
    {
        _card = card;
        _squares = card.Kernel("update", "squares", hasPrecision: false);
        _sum = card.Kernel("update", "squares_sum", hasPrecision: false);
        _parts = card.Context.Allocate<double>(MostBlocks);
    }

    /// <summary>Puts the sum of the squares of <paramref name="length"/> numbers, which begin at a multiple of 16 bytes, to
    /// <paramref name="sum"/>, a double.</summary>
    public void Add(DevicePointer x, long length, DevicePointer sum)
    {
        int blocks = (int)Math.Clamp((length + NumbersOfBlock - 1) / NumbersOfBlock, 1, MostBlocks);
        var arguments = new SquaresArguments { X = x, Parts = _parts.At(0), Sum = sum, Length = length, Blocks = blocks };
        _card.Context.Launch(_squares, new Grid(blocks), 256, SharedBytes, arguments);
        _card.Context.Launch(_sum, new Grid(1), 256, SharedBytes, arguments);
    }

    /// <inheritdoc/>
    public void Dispose() => _parts.Dispose();
}
