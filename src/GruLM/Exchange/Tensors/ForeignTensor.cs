// A tensor of a file that may be another program's: what it is called and shaped, and how its numbers are read.

namespace GruLM;

/// <summary>A tensor to import.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Shape">Its sizes, outermost first.</param>
/// <param name="Read">Reads its numbers into memory of exactly its size.</param>
internal sealed record ForeignTensor(string Name, IReadOnlyList<long> Shape, ReadTensor Read)
{
    /// <summary>The shape as messages show it.</summary>
    public string Sizes => $"[{string.Join(", ", Shape)}]";

    /// <summary>The name as messages show it.</summary>
    public string Shown => Shorten(Name);

    /// <summary>A text of a file in one line of a message.</summary>
    public static string Shorten(string text)
    {
        const int longest = 60;
        string line = new([.. text.Take(longest).Select(c => char.IsControl(c) ? '?' : c)]);
        return text.Length > longest ? line + "…" : line;
    }
}

/// <summary>Reads the numbers of a tensor.</summary>
internal delegate void ReadTensor(Span<float> destination);
