// The test vectors in docs/int8.md are what the functions give, on every kernel path.

using System.Globalization;
using System.Text.RegularExpressions;
using GruLM.Kernels;

namespace GruLM.Tests.Generation;

public partial class Int8PageTests
{
    [Fact]
    public void The_vectors_on_the_page_are_true()
    {
        string page = File.ReadAllText(Path.Combine(StyleTests.Root(), "docs", "int8.md"));
        Match[] rows = Row().Matches(page).ToArray();
        Assert.True(rows.Length >= 16, $"{rows.Length} rows");
        foreach (Match row in rows)
        {
            (string function, float x, float expected) = (row.Groups[1].Value, Number(row.Groups[2].Value), Number(row.Groups[3].Value));
            if (function == "log")
            {
                Assert.Equal(Bits(expected), Bits(ExactLog.Of(x)));
                continue;
            }

            foreach (KernelPath path in KernelChoice.Available)
            {
                float actual = KernelDispatch.Run<Work, float>(path, new Work { Function = function, X = x });
                Assert.True(Bits(expected) == Bits(actual), $"{function} of {x} on {path}: {Bits(actual)}");
            }
        }
    }

    private static string Bits(float x) => BitConverter.SingleToUInt32Bits(x).ToString("X8", CultureInfo.InvariantCulture);

    private static float Number(string bits) =>
        BitConverter.UInt32BitsToSingle(uint.Parse(bits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^\| (exp|sigmoid|tanh|log) \| ([0-9A-F]{8}) [^|]*\| ([0-9A-F]{8}) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    private unsafe struct Work : ISimdWork<float>
    {
        public string Function;
        public float X;

        public readonly float Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            V x = S.Splat(X);
            V y = Function switch
            {
                "exp" => ExactMath<S, V>.Exp(x),
                "sigmoid" => ExactMath<S, V>.Sigmoid(x),
                _ => ExactMath<S, V>.Tanh(x),
            };
            float* lanes = stackalloc float[S.Width];
            S.Store(lanes, y);
            return lanes[S.Width - 1];
        }
    }
}
