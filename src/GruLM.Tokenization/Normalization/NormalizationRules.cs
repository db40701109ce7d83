// Which normalisation rules go by which name, and the tables that come with the library. The tables are resources made by the generator beside
// them, so that no host's Unicode library matters; 0.1 and 0.2 share them.
using System.IO.Compression;
using Google.Protobuf;
using GruLM.Tokenization.Proto;

namespace GruLM.Tokenization;

/// <summary>Named normalisation rules.</summary>
public static class NormalizationRules
{
    /// <summary>The names there are.</summary>
    public static IReadOnlyList<string> Names { get; } = ["nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf", "identity"];

    /// <summary>The precompiled table of named rules; empty for <c>identity</c>.</summary>
    /// <exception cref="ArgumentException">There are no such rules.</exception>
    public static byte[] Table(string name)
    {
        if (name == "identity")
            return [];
        if (!Names.Contains(name))
            throw new ArgumentException($"There are no normalisation rules '{name}'; expected one of {string.Join(", ", Names)}.");
        using Stream packed = typeof(NormalizationRules).Assembly.GetManifestResourceStream(name + ".gz")
            ?? throw new InvalidOperationException($"The table '{name}' is missing from the library.");
        using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
        var table = new MemoryStream();
        unpacked.CopyTo(table);
        return table.ToArray();
    }

    internal static NormalizerSpec SpecFor(TrainerOptions options) => new()
    {
        Name = options.NormalizationRuleName,
        PrecompiledCharsmap = ByteString.CopyFrom(Table(options.NormalizationRuleName)),
        AddDummyPrefix = options.AddDummyPrefix,
        RemoveExtraWhitespaces = options.RemoveExtraWhitespaces,
        NormalizationRuleTsv = options.NormalizationRuleTsv,
    };

    internal static NormalizerSpec? DenormalizerSpecFor(TrainerOptions options) => options.DenormalizationRuleTsv.Length == 0 ? null : new();
}
