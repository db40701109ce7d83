// Comma-separated values (RFC 4180) with the names of the columns in the first row: one column's fields are the samples. Quoted fields keep
// their line ends and commas. Parsed by CsvHelper's parser alone; its mapping to objects works by reflection, which native programs lack.
using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;

namespace GruLM.Corpus;

/// <summary>Reads samples from a column of a table.</summary>
internal static class TableReader
{
    /// <summary>The column that is read unless another is named.</summary>
    public const string DefaultColumn = "text";

    /// <summary>The records, while they are being read.</summary>
    public static IEnumerable<CorpusRecord> Read(CleanedText text, string file, string column)
    {
        using var reader = new StreamReader(text, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: false, bufferSize: 1 << 16,
            leaveOpen: true);
        using var parser = new CsvParser(reader, new CsvConfiguration(CultureInfo.InvariantCulture), leaveOpen: true);
        if (!Read(parser, file, static rows => rows.Read()))
        {
            yield break;
        }

        string[] names = Read(parser, file, static row => row.Record!);
        int index = Array.IndexOf(names, column);
        if (index < 0)
        {
            throw new InvalidDataException(
                $"{file}: has no column '{column}'; its columns are {string.Join(", ", names.Select(name => $"'{name}'"))}: name one with --column");
        }

        Func<CsvParser, string> field = row => row[index];
        while (Read(parser, file, static rows => rows.Read()))
        {
            if (parser.Count != names.Length)
            {
                throw new InvalidDataException(
                    $"{file}: the row that ends in line {parser.RawRow} has {parser.Count} field(s); {names.Length} were expected, one a column");
            }

            yield return new CorpusRecord(Read(parser, file, field), "");
        }
    }

    // What is damaged may be found only when a field is asked for.
    private static T Read<T>(CsvParser parser, string file, Func<CsvParser, T> what)
    {
        try
        {
            return what(parser);
        }
        catch (CsvHelperException error)
        {
            throw new InvalidDataException(
                $"{file}: the row that ends in line {parser.RawRow} is damaged: a quotation mark stands where none belongs; a field with one is quoted, and its own are doubled", error);
        }
    }
}
