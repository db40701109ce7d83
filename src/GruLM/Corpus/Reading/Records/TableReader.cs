// Comma-separated values (RFC 4180) with the names of the columns in the first row: one column's fields are the samples, or two columns'
// are exchanges. Where the first row has no comma, semicolons or tabs separate, as in tables of much of Europe and of spreadsheets.
// Quoted fields keep their line ends and separators; lines without anything are passed over. Sep finds rows and fields; it lets quotation
// marks stand anywhere and takes none away, so both are done here: a mark out of place would silently join fields that do not belong
// together.
using System.Text;
using nietras.SeparatedValues;

namespace GruLM.Corpus;

/// <summary>Reads samples from a table; <paramref name="file"/> is its name in messages. Where no <paramref name="column"/> is named, the
/// column "text" is read, or, in a table without it, "prompt" and "completion".</summary>
internal sealed class TableReader(string file, string? column, ReadingNotes notes)
{
    private const string Text = "text", Prompt = "prompt", Completion = "completion";

    // A longer first row is taken to be separated by commas.
    private const int LongestFirstRow = 1 << 16;

    /// <summary>The records, while they are being read.</summary>
    public IEnumerable<CorpusRecord> Read(CleanedText text)
    {
        char separator = Separator(text.Peek(LongestFirstRow).Span);
        using var source = new StreamReader(
            text, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: false, bufferSize: 1 << 16, leaveOpen: true);
        using SepReader rows = Open(source, separator);
        if (!MoveNext(rows) || (IsSeparatorLine(rows.Current) && !MoveNext(rows)))
        {
            yield break;
        }

        string[] names = Names(rows.Current);
        int[] columns = [.. ColumnsToRead(names).Select(name => IndexOf(name, names))];
        Note(separator);
        while (MoveNext(rows))
        {
            string[] fields = Fields(rows.Current, columns, names.Length);
            yield return fields is [var prompt, var completion]
                ? CorpusRecord.OfExchange(prompt, completion)
                : new CorpusRecord(fields[0], "");
        }
    }

    private string[] ColumnsToRead(string[] names)
    {
        if (column is not null) return [column];
        bool isExchanges = !names.Contains(Text) && names.Contains(Prompt) && names.Contains(Completion);
        return isExchanges ? [Prompt, Completion] : [Text];
    }

    private int IndexOf(string name, string[] names)
    {
        int index = Array.IndexOf(names, name);
        if (index < 0)
        {
            string columns = string.Join(", ", names.Select(other => $"'{other}'"));
            throw new InvalidDataException($"{file}: has no column '{name}'; its columns are {columns}: name one with 'Column'");
        }

        if (Array.LastIndexOf(names, name) > index)
        {
            notes.Add(file, $"column '{name}' stands more than once in the first row of {{files}}: the first of them is read");
        }

        return index;
    }

    // What separates the fields of the first row: a comma where there is one outside of quotation marks, else what there is more of.
    private static char Separator(ReadOnlySpan<byte> text)
    {
        int commas = 0, semicolons = 0, tabs = 0;
        bool isQuoted = false;
        foreach (byte b in text.TrimStart("\r\n"u8))
        {
            isQuoted ^= b == (byte)'"';
            if (isQuoted) continue;
            if (b is (byte)'\n' or (byte)'\r') break;
            commas += b == (byte)',' ? 1 : 0;
            semicolons += b == (byte)';' ? 1 : 0;
            tabs += b == (byte)'\t' ? 1 : 0;
        }

        if (commas > 0 || semicolons + tabs == 0) return ',';
        return semicolons >= tabs ? ';' : '\t';
    }

    // Excel can write a line before the first row that says what separates.
    private static bool IsSeparatorLine(SepReader.Row row) =>
        row.ColCount == 2 && row[0].Span is "sep=" && row[1].Span.Length == 0;

    private void Note(char separator)
    {
        if (separator == ';') notes.Add(file, "{files}: read with semicolons between the columns, since the first row has no comma");
        if (separator == '\t') notes.Add(file, "{files}: read with tabs between the columns, since the first row has no comma");
    }

    private SepReader Open(TextReader source, char separator)
    {
        try
        {
            return Sep.New(separator).Reader(options => options with { HasHeader = false, DisableColCountCheck = true }).From(source);
        }
        catch (NotSupportedException error)
        {
            throw TooLong(line: 1, error);
        }
    }

    // The next row that is not a blank line.
    private bool MoveNext(SepReader rows)
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
            throw TooLong(line, error);
        }
    }

    private string[] Names(SepReader.Row row)
    {
        string[] names = new string[row.ColCount];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = Unquote(row[i].Span) ?? throw Damaged(row);
        }

        return names;
    }

    // Some fields of a row, all of whose fields are looked at: a mark out of place in one tells that its neighbours are not what they seem.
    private string[] Fields(SepReader.Row row, int[] indices, int columns)
    {
        for (int i = 0; i < row.ColCount; i++)
        {
            if (!IsSound(row[i].Span))
            {
                throw Damaged(row);
            }
        }

        if (row.ColCount != columns)
        {
            int last = FirstLine(row) + LineEnds(row.Span);
            throw new InvalidDataException(
                $"{file}: the row that ends in line {last} has {row.ColCount} field(s); {columns} were expected, one a column");
        }

        string[] fields = new string[indices.Length];
        for (int i = 0; i < fields.Length; i++)
        {
            fields[i] = Unquote(row[indices[i]].Span)!;
        }

        return fields;
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

    // Of the first row, Sep 0.17 names the line after it.
    private static int FirstLine(SepReader.Row row) => row.RowIndex == 0 ? 1 : row.LineNumberFrom;

    // A line end that ends the text, inside quotation marks that are not closed, begins no line.
    private static int LineEnds(ReadOnlySpan<char> text) => text.TrimEnd('\n').Count('\n');

    private InvalidDataException Damaged(SepReader.Row row)
    {
        int first = FirstLine(row), last = first + LineEnds(row.Span), opened = first;
        string lines = first == last ? $"line {first}" : $"lines {first} to {last}";
        for (int i = 0; i < row.ColCount; i++)
        {
            ReadOnlySpan<char> field = row[i].Span;
            if (!IsSound(field))
            {
                opened += field[..field.IndexOf('"')].Count('\n');
                break;
            }

            opened += field.Count('\n');
        }

        // A row goes on to the end of the table only in quotation marks.
        string problem = row.Span.Count('"') % 2 == 1
            ? $"a quotation mark in line {opened} opens a field that is never closed"
            : $"a quotation mark in line {opened} opens or closes a field where none begins or ends";
        return new InvalidDataException(
            $"{file}: the row in {lines} is damaged: {problem}; a field that holds one is quoted, and its own are doubled");
    }

    private InvalidDataException TooLong(int line, Exception error) => new(
        $"{file}: the row that begins in line {line} is longer than 16 million characters; perhaps a quotation mark is not closed", error);
}
