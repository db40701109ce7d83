// Which normalisation rules go by which name, and the tables that come with the library: Unicode 13 for compat 0.1, 15 for 0.2. The tables
// are resources made by the program in tools/UnicodeTables, so that no host's Unicode library matters.
using System.IO.Compression;
using Google.Protobuf;
using GruLM.Tokenization.Proto;

namespace GruLM.Tokenization;

/// <summary>Named normalisation rules. Safe for several threads.</summary>
public static class NormalizationRules
{
    /// <summary>The names there are.</summary>
    public static IReadOnlyList<string> Names { get; } = ["nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf", "identity"];

    /// <summary>The precompiled table of named rules; empty for <c>identity</c>.</summary>
    /// <exception cref="ArgumentException">There are no such rules.</exception>
    public static byte[] Table(string name, Compatibility compat = Compatibility.V02)
    {
        if (name == "identity")
        {
            return [];
        }

        if (!Names.Contains(name))
        {
            throw new ArgumentException($"There are no normalisation rules '{name}'; expected one of {string.Join(", ", Names)}.");
        }

        string resource = name + (compat == Compatibility.V01 ? "-13.gz" : "-15.gz");
        using Stream packed = typeof(NormalizationRules).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The table '{resource}' is missing from the library.");
        using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
        var table = new MemoryStream();
        unpacked.CopyTo(table);
        return table.ToArray();
    }

    /// <summary>The compiled table of a file of rules of one's own, as <see cref="CharsMapBuilder.FromTsv"/> reads it.</summary>
    /// <exception cref="ArgumentException">The file holds something else; the message names it and the line.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static byte[] TableOfFile(string path)
    {
        using var reader = new StreamReader(path);
        try
        {
            return CharsMapBuilder.FromTsv(reader).Compile();
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"'{path}': {e.Message}", e);
        }
    }

    /// <summary>A normaliser by rules' name alone, with a model's default treatment of spaces.</summary>
    /// <exception cref="ArgumentException">There are no such rules.</exception>
    public static Normalizer CreateNormalizer(
        string name, Compatibility compat = Compatibility.V02, bool addDummyPrefix = true, bool removeExtraWhitespaces = true,
        bool escapeWhitespaces = true) =>
        CreateNormalizer(Table(name, compat), addDummyPrefix, removeExtraWhitespaces, escapeWhitespaces);

    /// <summary>A normaliser by a table.</summary>
    /// <exception cref="InvalidDataException">The table is damaged.</exception>
    public static Normalizer CreateNormalizer(ReadOnlyMemory<byte> table, bool addDummyPrefix, bool removeExtraWhitespaces,
        bool escapeWhitespaces) =>
        new(
            new NormalizerSpec
            {
                PrecompiledCharsmap = ByteString.CopyFrom(table.Span),
                AddDummyPrefix = addDummyPrefix,
                RemoveExtraWhitespaces = removeExtraWhitespaces,
                EscapeWhitespaces = escapeWhitespaces,
            },
            whitespaceAsSuffix: false,
            null);

    /// <summary>The normaliser settings a training stores; fields are set as spm_train sets them.</summary>
    internal static NormalizerSpec SpecFor(TrainerOptions options)
    {
        bool custom = options.NormalizationRuleTsv.Length > 0;
        return new NormalizerSpec
        {
            Name = custom ? "user_defined" : options.NormalizationRuleName,
            PrecompiledCharsmap = ByteString.CopyFrom(
                custom ? TableOfFile(options.NormalizationRuleTsv) : Table(options.NormalizationRuleName, options.Compat)),
            AddDummyPrefix = options.AddDummyPrefix,
            RemoveExtraWhitespaces = options.RemoveExtraWhitespaces,
            NormalizationRuleTsv = options.NormalizationRuleTsv,
        };
    }

    /// <summary>The settings of the rules decoding applies, null where there are none.</summary>
    internal static NormalizerSpec? DenormalizerSpecFor(TrainerOptions options) =>
        options.DenormalizationRuleTsv.Length == 0 ? null : new NormalizerSpec
        {
            Name = "user_defined",
            PrecompiledCharsmap = ByteString.CopyFrom(TableOfFile(options.DenormalizationRuleTsv)),
            AddDummyPrefix = false,
            RemoveExtraWhitespaces = false,
            EscapeWhitespaces = false,
            NormalizationRuleTsv = options.DenormalizationRuleTsv,
        };
}
