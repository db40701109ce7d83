// Where the numbers of a row of A lie beside each other, as a type, so that the compiler knows it.

namespace GruLM.Kernels;

/// <summary>Floats from a number of a row of A to the next, known when the tile is compiled.</summary>
internal interface IColumnStride
{
    static abstract int Floats { get; }
}

/// <summary>A in rows.</summary>
internal readonly struct InRows : IColumnStride
{
    public static int Floats => 1;
}

/// <summary>A in tiles of four rows.</summary>
internal readonly struct InTiles : IColumnStride
{
    public static int Floats => 4;
}
