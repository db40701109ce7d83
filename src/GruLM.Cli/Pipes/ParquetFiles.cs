// Parquet files as texts. A native program leaves out what reads them, which would make it larger for everyone, and says so.

using GruLM.Corpus;
#if PARQUET
using GruLM.Parquet;
#endif

namespace GruLM.Cli;

/// <summary>Makes Parquet files known.</summary>
internal static class ParquetFiles
{
    /// <summary>From here on they are read wherever a text is, or refused with a word of what reads them.</summary>
    public static void Register() => CorpusReaders.Register(".parquet", Read);

    // What reads them is loaded when there is such a file.
    private static IEnumerable<ReadOnlyMemory<byte>> Read(string file, string? column) =>
#if PARQUET
        ParquetCorpus.Read(file, column);
#else
        throw new InvalidDataException(Refusal(file));
#endif

    /// <summary>What a program that cannot read them says.</summary>
    internal static string Refusal(string file) =>
        $"{file}: is a Parquet file, which the native grulm does not read; the .NET tool does (dotnet tool install --global GruLM.Tool), "
        + "or turn it into JSON lines or CSV";
}
