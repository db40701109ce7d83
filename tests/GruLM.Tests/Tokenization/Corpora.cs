// Finds the shared corpora beside the repository and the fixtures beside the tests. Tests that need a corpus skip, saying so, where it is
// not there.
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace GruLM.Tests.Tokenization;

internal static class Corpora
{
    private static string RepositoryRoot([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", ".."));

    /// <summary>The bytes of a corpus; the test is skipped where it is not present.</summary>
    public static byte[] Read(string name)
    {
        string path = Path.Combine(RepositoryRoot(), "..", "shared", "data", name);
        Assert.SkipUnless(File.Exists(path), $"The corpus {name} is not present at ../shared/data, so this comparison is skipped.");
        return File.ReadAllBytes(path);
    }

    /// <summary>A fixture file.</summary>
    public static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Tokenization", "Fixtures", name);

    public static IEnumerable<ReadOnlyMemory<byte>> Lines(byte[] text) => GruLM.Tokenization.SentenceReader.SplitLines(text);

    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
