// The formats of numbers that JSON schemas name: how large an integer may be. Those of numbers with a point say nothing that matters here,
// since the digits that are written fit all of them.
// Source: the OpenAPI format registry.

using System.Globalization;

namespace GruLM;

/// <summary>Knows the formats of numbers.</summary>
internal static class NumberFormats
{
    private static readonly Dictionary<string, (string Least, string Most)> s_integers = new()
    {
        ["int8"] = Bounds(sbyte.MinValue, sbyte.MaxValue),
        ["int16"] = Bounds(short.MinValue, short.MaxValue),
        ["int32"] = Bounds(int.MinValue, int.MaxValue),
        ["int64"] = Bounds(long.MinValue, long.MaxValue),
        ["uint8"] = Bounds(byte.MinValue, byte.MaxValue),
        ["uint16"] = Bounds(ushort.MinValue, ushort.MaxValue),
        ["uint32"] = Bounds(uint.MinValue, uint.MaxValue),
        ["uint64"] = Bounds(ulong.MinValue, ulong.MaxValue),
    };

    private static readonly string[] s_others = ["float", "double", "decimal"];

    /// <summary>The formats that are understood.</summary>
    public static IEnumerable<string> Names => s_integers.Keys.Concat(s_others);

    /// <summary>The least and the largest number of a format of integers; null for any other.</summary>
    public static (DecimalBound Least, DecimalBound Most)? Find(string name) =>
        s_integers.TryGetValue(name, out (string Least, string Most) bounds)
            ? (DecimalBound.Read(bounds.Least, false)!, DecimalBound.Read(bounds.Most, false)!)
            : null;

    private static (string Least, string Most) Bounds<T>(T least, T most)
        where T : IFormattable =>
        (least.ToString(null, CultureInfo.InvariantCulture), most.ToString(null, CultureInfo.InvariantCulture));
}
