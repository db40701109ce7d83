// Parquet files as text for GruLM: each row a sample, out of a column of text or of two that hold prompts and completions. Parquet.Net
// unpacks and decodes; here the columns are chosen, in the way of other tables, and rows become records. A group of rows is in memory at
// a time, as the format has it. Left out on purpose: columns in columns, such as lists of messages; files on standard input, which comes
// only once.

using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using GruLM.Corpus;
using Parquet;
using Parquet.Schema;

namespace GruLM.Parquet;

/// <summary>Reads Parquet files as a corpus. Safe for several threads.</summary>
public static class ParquetCorpus
{
    /// <summary>The extension of these files.</summary>
    public const string Extension = ".parquet";

    private const string Text = "text", Prompt = "prompt", Completion = "completion";

    private static readonly JsonWriterOptions s_writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Columns of bytes are text that older programs wrote.
    private static readonly ParquetOptions s_reading = new() { TreatByteArrayAsString = true };

    /// <summary>Makes files named <c>*.parquet</c> known to GruLM: from here on they are read wherever a corpus is. Calling it again
    /// changes nothing.</summary>
    public static void Register() => CorpusReaders.Register(Extension, Read);

    /// <summary>The rows of a file as JSON objects in UTF-8, each valid until the next is asked for: with the field <c>text</c>, or with
    /// <c>prompt</c> and <c>completion</c> where the file has these columns, no column <c>text</c>, and none was named. A text that
    /// is missing in a row is an empty one.</summary>
    /// <param name="file">The file.</param>
    /// <param name="column">The column that holds the text; null for the usual ones.</param>
    /// <exception cref="InvalidDataException">While it is read: it is no Parquet file, or damaged, or has no such column.</exception>
    /// <exception cref="IOException">While it is read: it cannot be opened.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> Read(string file, string? column = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Rows(file, column);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Rows(string file, string? column)
    {
        using FileStream stream = File.OpenRead(file);
        ParquetReader reader = Checked(file, () => Wait(ParquetReader.CreateAsync(stream, s_reading, leaveStreamOpen: true)));
        DataField[] fields = Fields(file, column, reader.Schema.DataFields);
        string[] names = fields.Length == 1 ? [Text] : [Prompt, Completion];
        var json = new ArrayBufferWriter<byte>();
        for (int group = 0; group < reader.RowGroupCount; group++)
        {
            string?[][] columns = Checked(file, () => Columns(reader, group, fields));
            for (int row = 0; row < columns[0].Length; row++)
            {
                json.ResetWrittenCount();
                Write(json, names, columns, row);
                yield return json.WrittenMemory;
            }
        }
    }

    // The columns that are read, chosen as those of other tables are.
    private static DataField[] Fields(string file, string? column, DataField[] all)
    {
        if (column is not null) return [Named(file, column, all)];
        bool isExchanges = !Has(Text) && Has(Prompt) && Has(Completion);
        return isExchanges ? [Named(file, Prompt, all), Named(file, Completion, all)] : [Named(file, Text, all)];

        bool Has(string name) => all.Any(field => field.Path.ToString() == name);
    }

    private static DataField Named(string file, string name, DataField[] all)
    {
        DataField? field = all.FirstOrDefault(field => field.Path.ToString() == name);
        if (field is null)
        {
            string columns = string.Join(", ", all.Select(other => $"'{other.Path}'"));
            throw new InvalidDataException($"{file}: has no column '{name}'; its columns are {columns}: name one with 'Column'");
        }

        bool isText = field.ClrType == typeof(ReadOnlyMemory<char>) || field.ClrType == typeof(string);
        if (isText && field is { IsArray: false, MaxRepetitionLevel: 0 }) return field;
        throw new InvalidDataException($"{file}: column '{name}' holds no text; name one that does with 'Column'");
    }

    private static string?[][] Columns(ParquetReader reader, int group, DataField[] fields)
    {
        using ParquetRowGroupReader rows = reader.OpenRowGroupReader(group);
        return [.. fields.Select(Values)];

        string?[] Values(DataField field)
        {
            string?[] values = new string?[checked((int)rows.RowCount)];
            Wait(rows.ReadAsync(field, values.AsMemory()!));
            return values;
        }
    }

    private static void Write(ArrayBufferWriter<byte> json, string[] names, string?[][] columns, int row)
    {
        using var writer = new Utf8JsonWriter(json, s_writing);
        writer.WriteStartObject();
        for (int i = 0; i < names.Length; i++) writer.WriteString(names[i], columns[i][row] ?? "");
        writer.WriteEndObject();
    }

    // The library tells of what is damaged by exceptions of many kinds, those of indices and arithmetic among them.
    private static T Checked<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is not (OutOfMemoryException or OperationCanceledException))
        {
            throw new InvalidDataException($"{file}: is damaged or no Parquet file ({error.Message.TrimEnd('.')})", error);
        }
    }

    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private static void Wait(ValueTask task) => task.AsTask().GetAwaiter().GetResult();
}
