// Finds the fixtures beside the tests, and texts of some size: in the folder that GRULM_CORPORA names, or in ../shared/data beside the
// checkout. Tests that need such a text skip, saying so, where it is not there.
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace GruLM.Tests.Tokenization;

internal static class Corpora
{
    private static readonly string s_folder = Environment.GetEnvironmentVariable("GRULM_CORPORA") is { Length: > 0 } told
        ? told
        : Path.Combine(RepositoryRoot(), "..", "shared", "data");

    /// <summary>The bytes of a corpus; the test is skipped where it is not present.</summary>
    public static byte[] Read(string name)
    {
        string path = Path.Combine(s_folder, name);
        Assert.SkipUnless(File.Exists(path), $"{name} is in neither $GRULM_CORPORA nor ../shared/data, so this comparison is skipped.");
        return File.ReadAllBytes(path);
    }

    /// <summary>A fixture file.</summary>
    public static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Tokenization", "Fixtures", name);

    public static IEnumerable<ReadOnlyMemory<byte>> Lines(byte[] text) => GruLM.Tokenization.SentenceReader.SplitLines(text);

    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static string RepositoryRoot([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", ".."));
}
