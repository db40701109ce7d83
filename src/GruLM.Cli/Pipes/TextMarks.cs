// What the first bytes of a file say of its form, for commands that take bytes as they are and so decode nothing: they tell, and people
// convert. Text without such a mark is not guessed at here.
namespace GruLM.Cli.Pipes;

/// <summary>Forms that are not plain UTF-8 text, by their first bytes.</summary>
internal static class TextMarks
{
    /// <summary>As many bytes as a mark has at most.</summary>
    public const int Longest = 4;

    /// <summary>What to say of an input that begins with these bytes; null: nothing.</summary>
    public static string? Note(string name, ReadOnlySpan<byte> first)
    {
        // UTF-32's mark begins with UTF-16's.
        if (first.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE, 0, 0]) || first.StartsWith((ReadOnlySpan<byte>)[0, 0, 0xFE, 0xFF]))
        {
            return Encoded(name, "UTF-32");
        }

        if (first.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || first.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            return Encoded(name, "UTF-16");
        }

        return first.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B])
            ? $"note: {name} looks like gzip by its first bytes, and these are taken as they are; unpack it first, with zcat"
            : null;
    }

    private static string Encoded(string name, string encoding) =>
        $"note: {name} looks like {encoding} by its first bytes, and these are taken as they are; convert it first, "
        + $"with iconv -f {encoding} -t UTF-8";
}
