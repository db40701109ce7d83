// Products on a card against sums in double precision: every way that factors lie, whole or split into parts, over what is there or added
// to it, with groups of rows.

using GruLM.Cuda;

namespace GruLM.Tests.Cuda;

[Collection(StandIn.Collection)]
public class CardProductsTests
{
    private const int Group = 40;
    private const int Kept = 37;

    public static TheoryData<bool, string, bool> Ways
    {
        get
        {
            var ways = new TheoryData<bool, string, bool>();
            foreach (bool bfloat16 in new[] { false, true })
            {
                foreach (ProductKind kind in Enum.GetValues<ProductKind>())
                {
                    ways.Add(bfloat16, kind.ToString(), false);
                    ways.Add(bfloat16, kind.ToString(), true);
                }
            }

            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Products_are_right(bool bfloat16, string way, bool split)
    {
        using Card card = TestCard.Open(bfloat16, multiprocessors: TestCard.IsReal ? 0 : split ? 4 : 1);
        Compare(card, bfloat16, way, split, (2 * Group, 3 * Group, split ? 560 : 70), calls: split ? 2 : 1);
    }

    // Tiles of 128 columns, and wider ones where these are enough to do for all multiprocessors.
    [Theory]
    [MemberData(nameof(Ways))]
    public void Products_of_Hopper_are_right(bool bfloat16, string way, bool split)
    {
        using Card card = TestCard.OpenHopper(bfloat16, multiprocessors: split ? 4 : 1);
        int maps = TestCard.IsReal ? 0 : 2;
        Compare(card, bfloat16, way, split, (2 * Group, 3 * Group, split ? 560 : 70), calls: maps + (split ? 2 : 1));
        if (!split) Compare(card, bfloat16, way, split, (2 * Group, 7 * Group, 70), calls: maps + 1);
    }

    private static void Compare(Card card, bool bfloat16, string way, bool split, (int M, int N, int K) size, int calls)
    {
        ProductKind kind = Enum.Parse<ProductKind>(way);
        using var products = new CardProducts(card);
        (int m, int n, int k) = size;
        var random = new Random(3);
        float[] a = Numbers(m * k), b = Numbers(k * n), old = Numbers(m * n);
        PlaneRows left = Put(card, a, m, k, kind == ProductKind.ColumnsByColumns);
        PlaneRows right = Put(card, b, k, n, kind == ProductKind.RowsByRows);
        DeviceBuffer<float> c = card.Context.Allocate<float>(m * n);
        double[] exact = Multiply(a, b, m, n, k);

        // The tensor units of a card cut sums off instead of rounding them.
        double tolerance = (TestCard.IsReal ? 4e-6 : 1e-6) * Math.Sqrt(k);

        // Once before, so that the kernels' shared memory is asked for.
        products.Multiply(kind, left, right, m, n, k, new ProductTarget(c.At(0), n));
        long before = TestCard.IsReal ? 0 : StandIn.Calls;
        float[] plain = Run(new ProductTarget(c.At(0), n));

        // Two of each copy, one of each launch, and parts are added up in a second one.
        if (!TestCard.IsReal) Assert.Equal(before + 4 + calls, StandIn.Calls);
        for (int i = 0; i < plain.Length; i++) Near(exact[i], plain[i], $"[{i / n}, {i % n}]");

        float[] added = Run(new ProductTarget(c.At(0), n, Add: true));
        for (int i = 0; i < added.Length; i++) Near(exact[i] + old[i], added[i], $"added [{i / n}, {i % n}]");

        float[] grouped = Run(new ProductTarget(c.At(0), n, Add: true, Group: Group, Kept: Kept));
        for (int i = 0; i < 2 * Kept * n; i++)
        {
            int row = (i / n / Kept * Group) + (i / n % Kept);
            Near(exact[(row * n) + (i % n)] + old[i], grouped[i], $"of a group [{i / n}, {i % n}]");
        }

        Assert.Equal(old[(2 * Kept * n)..], grouped[(2 * Kept * n)..]);

        // For bfloat16 numbers that it holds exactly, for float32 such as need all three planes.
        float[] Numbers(int count) =>
            [.. Enumerable.Range(0, count).Select(_ => bfloat16 ? (random.Next(255) - 127) / 128f : (random.NextSingle() * 2) - 1)];

        float[] Run(ProductTarget target)
        {
            card.Context.Upload(c, 0, (ReadOnlySpan<float>)old);
            products.Multiply(kind, left, right, m, n, k, target);
            float[] result = new float[m * n];
            card.Context.Download(c, 0, result);
            return result;
        }

        void Near(double expected, double actual, string what) =>
            Assert.True(Math.Abs(expected - actual) <= tolerance, $"{what}: {actual} for {expected}");
    }

    private static double[] Multiply(float[] a, float[] b, int m, int n, int k)
    {
        double[] c = new double[m * n];
        for (int i = 0; i < m; i++)
        {
            for (int l = 0; l < k; l++)
            {
                for (int j = 0; j < n; j++) c[(i * n) + j] += (double)a[(i * k) + l] * b[(l * n) + j];
            }
        }

        return c;
    }

    // A matrix, or its transpose, in planes with padded rows.
    private static PlaneRows Put(Card card, float[] matrix, int rows, int columns, bool transposed)
    {
        (int outer, int inner) = transposed ? (columns, rows) : (rows, columns);
        int row = Card.PadUnits(inner);
        ushort[] planes = new ushort[outer * row * card.Planes];
        for (int i = 0; i < outer; i++)
        {
            for (int j = 0; j < inner; j++)
            {
                float rest = transposed ? matrix[(j * columns) + i] : matrix[(i * columns) + j];
                for (int p = 0; p < card.Planes; p++)
                {
                    uint bits = BitConverter.SingleToUInt32Bits(rest) & 0xFFFF_0000;
                    planes[(p * outer * row) + (i * row) + j] = (ushort)(bits >> 16);
                    rest -= BitConverter.UInt32BitsToSingle(bits);
                }
            }
        }

        DeviceBuffer<ushort> buffer = card.Context.Allocate<ushort>(planes.Length);
        card.Context.Upload(buffer, 0, (ReadOnlySpan<ushort>)planes);
        return PlaneRows.Of(buffer, card.Planes, row);
    }
}
