// The Newton–Schulz iteration of Muon on the card: NewtonSchulz.cs has the equations and the coefficients.

using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>Makes matrices of up to a given size nearly orthogonal, in memory of its own. One thread at a time.</summary>
internal sealed class CardOrthogonal : IDisposable
{
    private readonly Card _card;
    private readonly CardProducts _products;
    private readonly CardSquares _squares;
    private readonly CudaKernel _matrix;
    private readonly DeviceBuffer<float> _next, _gram, _square;
    private readonly DeviceBuffer<ushort> _planes, _gramPlanes;
    private readonly DeviceBuffer<double> _norm;

    /// <summary>Room for matrices of so many rows and columns.</summary>
    public CardOrthogonal(Card card, int rows, int columns)
    {
        _card = card;
        _products = new CardProducts(card);
        _squares = new CardSquares(card);
        _matrix = card.Kernel("update", "matrix");
        long shorter = Math.Min(rows, columns);
        _next = card.Context.Allocate<float>((long)rows * columns);
        _gram = card.Context.Allocate<float>(shorter * shorter);
        _square = card.Context.Allocate<float>(shorter * shorter);
        _planes = card.Context.Allocate<ushort>((long)rows * Card.PadUnits(columns) * card.Planes);
        _gramPlanes = card.Context.Allocate<ushort>(shorter * Card.PadUnits((int)shorter) * card.Planes);
        _norm = card.Context.Allocate<double>(1);
    }

    /// <summary>Puts in the place of <paramref name="matrix"/> [rows, columns] the nearly orthogonal one, times √max(1, rows /
    /// columns).</summary>
    public void Apply(DevicePointer matrix, int rows, int columns)
    {
        int side = Math.Min(rows, columns);
        var x = PlaneRows.Of(_planes, _card.Planes, Card.PadUnits(columns));
        var gram = PlaneRows.Of(_gramPlanes, _card.Planes, Card.PadUnits(side));
        DevicePointer next = _next.At(0), g = _gram.At(0), square = _square.At(0);
        _squares.Add(matrix, (long)rows * columns, _norm.At(0));
        Convert(new MatrixArguments { X = matrix, FactorX = 1, Squares = _norm.At(0) }, rows, columns, x);
        for (int i = 0; i < NewtonSchulz.Iterations; i++)
        {
            bool wide = rows <= columns;
            if (wide) _products.Multiply(ProductKind.RowsByRows, x, x, rows, rows, columns, new ProductTarget(g, side));
            else _products.Multiply(ProductKind.ColumnsByColumns, x, x, columns, columns, rows, new ProductTarget(g, side));
            Convert(new MatrixArguments { X = g, FactorX = 1 }, side, side, gram);
            _products.Multiply(ProductKind.RowsByColumns, gram, gram, side, side, side, new ProductTarget(square, side));
            var polynomial = new MatrixArguments
            {
                X = g,
                Z = square,
                FactorX = NewtonSchulz.B,
                FactorZ = NewtonSchulz.C,
                Diagonal = NewtonSchulz.A,
            };
            Convert(polynomial, side, side, gram);
            (PlaneRows left, PlaneRows right) = wide ? (gram, x) : (x, gram);
            _products.Multiply(ProductKind.RowsByColumns, left, right, rows, columns, side, new ProductTarget(next, columns));
            if (i < NewtonSchulz.Iterations - 1) Convert(new MatrixArguments { X = next, FactorX = 1 }, rows, columns, x);
        }

        float scale = (float)Math.Sqrt(Math.Max(1, rows / (double)columns));
        Convert(new MatrixArguments { X = next, FactorX = scale, Y = matrix }, rows, columns, x);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _products.Dispose();
        _squares.Dispose();
        _next.Dispose();
        _gram.Dispose();
        _square.Dispose();
        _planes.Dispose();
        _gramPlanes.Dispose();
        _norm.Dispose();
    }

    // A matrix, or two of them blended, into planes.
    private void Convert(MatrixArguments arguments, int rows, int columns, PlaneRows to)
    {
        arguments.Planes = to.First;
        arguments.Plane = to.Plane;
        arguments.Rows = rows;
        arguments.Columns = columns;
        arguments.RowLength = to.Row;
        _card.ForEach(_matrix, (long)rows * to.Row, arguments);
    }
}
