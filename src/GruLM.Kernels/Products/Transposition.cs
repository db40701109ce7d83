// A matrix transposed, four by four elements at a time where they are whole.

namespace GruLM.Kernels;

/// <summary>Some rows of the source, as columns of the destination.</summary>
internal unsafe struct Transposition : IParallelJob
{
    public const int Block = 32;
    public float* Source, Destination;
    public nint Stride, DestinationStride;
    public int Rows, Columns;

    public readonly void Execute(int item, int thread)
    {
        int i = item * Block, end = Math.Min(Rows, i + Block);
        for (; i + 4 <= end; i += 4)
        {
            int j = 0;
            for (; j + 4 <= Columns; j += 4)
            {
                TilePacking.Transpose(Source + (i * Stride) + j, Stride, Destination + (j * DestinationStride) + i, DestinationStride);
            }

            for (; j < Columns; j++)
            {
                for (int row = i; row < i + 4; row++) Destination[(j * DestinationStride) + row] = Source[(row * Stride) + j];
            }
        }

        for (; i < end; i++)
        {
            for (int j = 0; j < Columns; j++) Destination[(j * DestinationStride) + i] = Source[(i * Stride) + j];
        }
    }
}
