// Records in JSON: an object a line (jsonlines.org), or one list of objects, laid out in any way. What is no record ends the reading; the
// message names the first and says how many there are, since one that is damaged is another matter than a file of another form. Left out on
// purpose: objects over several lines that stand in no list.

using System.Text.Json;

namespace GruLM.Corpus;

/// <summary>Reads samples from JSON; <paramref name="file"/> is its name in messages, <paramref name="advice"/> ends every message about a
/// record that cannot be read.</summary>
internal sealed class JsonRecordsReader(string file, string advice)
{
    // More records that cannot be read are not counted.
    private const int MostCounted = 1000;

    /// <summary>The records, while they are being read.</summary>
    public IEnumerable<CorpusRecord> Read(CleanedText text)
    {
        long records = 0;
        IEnumerable<JsonValue> all = JsonGuess.IsList(text) ? new JsonList(file, advice).Read(text) : Lines(text);
        using IEnumerator<JsonValue> values = all.GetEnumerator();
        while (values.MoveNext())
        {
            if (TextSplit.IsBlank(values.Current.Json.Span)) continue;
            records++;
            if (Parse(values.Current, out string? problem) is not { } record) throw Bad(problem!, values, records);
            yield return record with { Json = values.Current.Json };
        }
    }

    // Null, and why, for what is no record.
    private static CorpusRecord? Parse(JsonValue value, out string? problem)
    {
        problem = null;
        try
        {
            return JsonRecord.Parse(value.Json);
        }
        catch (JsonException error)
        {
            long line = value.Line + (error.LineNumber ?? 0);
            long? place = error.BytePositionInLine + 1 + (error.LineNumber > 0 ? 0 : value.Column);
            problem = $"line {line} is no valid JSON (at byte {place} of the line); {JsonRecord.Expected}";
        }
        catch (FormatException error)
        {
            problem = $"line {value.Line}: {error.Message}";
        }

        return null;
    }

    private InvalidDataException Bad(string problem, IEnumerator<JsonValue> values, long records)
    {
        int bad = 1;
        try
        {
            while (bad <= MostCounted && values.MoveNext())
            {
                if (TextSplit.IsBlank(values.Current.Json.Span)) continue;
                records++;
                bad += Parse(values.Current, out _) is null ? 1 : 0;
            }
        }
        catch (InvalidDataException)
        {
            // What comes after the first problem matters less.
        }

        string count = bad == 1 ? ""
            : bad > MostCounted ? FormattableString.Invariant($"; more than {MostCounted:#,0} records cannot be read")
            : FormattableString.Invariant($"; {bad:#,0} of {records:#,0} records cannot be read");
        return new InvalidDataException($"{file}: {problem}{count}{advice}");
    }

    // The lines without their ends, each valid until the next; the last one, which no line end follows, may be empty.
    private IEnumerable<JsonValue> Lines(CleanedText text)
    {
        byte[] buffer = new byte[1 << 16];
        int held = 0, number = 1;
        while (true)
        {
            if (held == buffer.Length)
            {
                if (held > Array.MaxLength / 2) throw new InvalidDataException($"{file}: line {number} is longer than can be read{advice}");
                Array.Resize(ref buffer, 2 * held);
            }

            int read = text.Read(buffer.AsSpan(held)), used = 0;
            held += read;
            for (int end; (end = buffer.AsSpan(used, held - used).IndexOf((byte)'\n')) >= 0; used += end + 1)
            {
                yield return new JsonValue(buffer.AsMemory(used, end), number++, 0);
            }

            if (read == 0)
            {
                yield return new JsonValue(buffer.AsMemory(used, held - used), number, 0);
                yield break;
            }

            held -= used;
            buffer.AsSpan(used, held).CopyTo(buffer);
        }
    }
}
