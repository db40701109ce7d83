// The flags of grulm score that are about documents: whether there are any, and which of them are kept.

using System.CommandLine;

namespace GruLM.Cli.Commands;

/// <summary>The flags <c>--documents</c>, <c>--min-bits</c> and <c>--max-bits</c>.</summary>
internal sealed class DocumentFlags
{
    private const double MostBits = 1e9;

    private readonly Option<bool> _documents = Flags.Switch(
        "--documents",
        "each line or record is a document of its own, read from a fresh state: write an object a document, in order: "
        + "index, tokens, bytes, nll, bits_per_byte, worst");
    private readonly Option<double?> _minBits = Flags.OptionalNumber(
        "--min-bits", 0, MostBits, "of --documents: keep those with at least so many bits a byte, and write their lines instead of figures "
        + "(figures with --json)");
    private readonly Option<double?> _maxBits = Flags.OptionalNumber(
        "--max-bits", 0, MostBits, "of --documents: keep those with at most so many bits a byte");

    public IReadOnlyList<Option> Options => [_documents, _minBits, _maxBits];

    /// <summary>What is kept; null where the text is no documents.</summary>
    /// <exception cref="UsageException">Flags were given that do not go together.</exception>
    public KeptDocuments? Read(ParseResult flags)
    {
        (double? least, double? most) = (flags.GetValue(_minBits), flags.GetValue(_maxBits));
        if (!flags.GetValue(_documents))
        {
            return least is null && most is null ? null : throw new UsageException("--min-bits and --max-bits go with --documents");
        }

        if (least > most) throw new UsageException(FormattableString.Invariant($"--min-bits {least} is above --max-bits {most}"));
        return new KeptDocuments(least, most);
    }
}
