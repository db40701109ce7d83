// Where a matrix in planes of bfloat16 lies on the card.

namespace GruLM.Cuda;

/// <summary>A matrix in planes: its first number, and the numbers from one plane and from one row to the next.</summary>
internal readonly record struct PlaneRows(DevicePointer First, long Plane, int Row)
{
    /// <summary>The part that begins at a row and a column.</summary>
    public PlaneRows At(long row, int column = 0) =>
        this with { First = new DevicePointer(First.Address + (ulong)(((row * Row) + column) * sizeof(ushort))) };

    /// <summary>A buffer as one matrix, each of whose <paramref name="planes"/> planes takes an equal part of it.</summary>
    public static PlaneRows Of(DeviceBuffer<ushort> buffer, int planes, int row) => new(buffer.At(0), buffer.Length / planes, row);
}
