// Comma-separated values (RFC 4180) with the names of the columns in the first row: one column's fields are the samples. Quoted fields
// keep their line ends and commas; lines without anything are passed over. Sep finds rows and fields; it lets quotation marks stand
// anywhere and takes none away, so both are done here: a mark out of place would silently join fields that do not belong together.
using System.Text;
using nietras.SeparatedValues;

namespace GruLM.Corpus;

/// <summary>Reads samples from a column of a table.</summary>
internal static class TableReader
{
    /// <summary>The column that is read unless another is named.</summary>
    public const string DefaultColumn = "text";

    /// <summary>The records, while they are being read.</summary>
    public static IEnumerable<CorpusRecord> Read(CleanedText text, string file, string column)
    {
        using var source = new StreamReader(
            text, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: false, bufferSize: 1 << 16, leaveOpen: true);
        using SepReader rows = Open(source, file);
        if (!MoveNext(rows, file))
        {
            yield break;
        }

        string[] names = Names(rows.Current, file);
        int index = Array.IndexOf(names, column);
        if (index < 0)
        {
            string columns = string.Join(", ", names.Select(name => $"'{name}'"));
            throw new InvalidDataException($"{file}: has no column '{column}'; its columns are {columns}: name one with 'Column'");
        }

        while (MoveNext(rows, file))
        {
            yield return new CorpusRecord(Field(rows.Current, index, names.Length, file), "");
        }
    }

    private static SepReader Open(TextReader source, string file)
    {
        try
        {
            return Sep.New(',').Reader(options => options with { HasHeader = false, DisableColCountCheck = true }).From(source);
        }
        catch (NotSupportedException error)
        {
            throw TooLong(file, line: 1, error);
        }
    }

    // The next row that is not a blank line.
    private static bool MoveNext(SepReader rows, string file)
    {
        int line = rows.Current.LineNumberToExcl;
        try
        {
            while (rows.MoveNext())
            {
                if (rows.Current.ColCount > 1 || rows.Current.Span.Length > 0)
                {
                    return true;
                }

                line = rows.Current.LineNumberToExcl;
            }

            return false;
        }
        catch (NotSupportedException error)
        {
            throw TooLong(file, line, error);
        }
    }

    private static string[] Names(SepReader.Row row, string file)
    {
        string[] names = new string[row.ColCount];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = Unquote(row[i].Span) ?? throw Damaged(row, file);
        }

        return names;
    }

    // One field of a row, all of whose fields are looked at: a mark out of place in one tells that its neighbours are not what they seem.
    private static string Field(SepReader.Row row, int index, int columns, string file)
    {
        for (int i = 0; i < row.ColCount; i++)
        {
            if (!IsSound(row[i].Span))
            {
                throw Damaged(row, file);
            }
        }

        if (row.ColCount != columns)
        {
            throw new InvalidDataException(
                $"{file}: the row that ends in line {LastLine(row)} has {row.ColCount} field(s); {columns} were expected, one a column");
        }

        return Unquote(row[index].Span)!;
    }

    // Whether quotation marks stand around the field and, inside it, in pairs, or nowhere.
    private static bool IsSound(ReadOnlySpan<char> field)
    {
        if (!field.Contains('"'))
        {
            return true;
        }

        if (field.Length < 2 || field[0] != '"' || field[^1] != '"')
        {
            return false;
        }

        for (ReadOnlySpan<char> inner = field[1..^1]; ;)
        {
            int mark = inner.IndexOf('"');
            if (mark < 0)
            {
                return true;
            }

            if (mark + 1 == inner.Length || inner[mark + 1] != '"')
            {
                return false;
            }

            inner = inner[(mark + 2)..];
        }
    }

    // What a field says; null when its quotation marks are not sound.
    private static string? Unquote(ReadOnlySpan<char> field) =>
        !IsSound(field) ? null
        : field.StartsWith('"') ? field[1..^1].ToString().Replace("\"\"", "\"", StringComparison.Ordinal)
        : field.ToString();

    private static int LastLine(SepReader.Row row) => row.LineNumberToExcl - 1;

    private static InvalidDataException Damaged(SepReader.Row row, string file)
    {
        // Of the first row, Sep 0.17 names the line after it.
        (int first, int last) = (row.RowIndex == 0 ? 1 : row.LineNumberFrom, LastLine(row));
        string lines = first == last ? $"line {first}" : $"lines {first} to {last}";
        return new InvalidDataException(
            $"{file}: the row in {lines} is damaged: a quotation mark stands where none belongs; "
            + "a field with one is quoted, and its own are doubled");
    }

    private static InvalidDataException TooLong(string file, int line, Exception error) => new(
        $"{file}: the row that begins in line {line} is longer than 16 million characters; perhaps a quotation mark is not closed", error);
}
