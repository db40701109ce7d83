// Whether a text whose name does not tell holds JSON records: it begins with one, either as its first line or in a list.

namespace GruLM.Corpus;

/// <summary>How a text begins.</summary>
internal enum JsonBeginning
{
    /// <summary>Not with a record.</summary>
    NoRecord,

    /// <summary>With a line that is a record.</summary>
    Line,

    /// <summary>With a list whose first element is a record.</summary>
    List,
}

/// <summary>Looks at the beginning of a text.</summary>
internal static class JsonGuess
{
    // A longer first record is not looked at: all of it would have to be in memory.
    private const int LongestRecord = 1 << 24;

    // What has come may tell already; if not, so much is waited for.
    private const int SecondLook = 1 << 12;

    /// <summary>Looks at a text of which nothing was read yet.</summary>
    public static JsonBeginning Look(CleanedText text)
    {
        int bytes = 1;
        while (true)
        {
            ReadOnlyMemory<byte> head = text.Peek(bytes);
            bool isAll = head.Length < bytes;
            if (Look(head, isAll) is { } found) return found;
            if (isAll || bytes >= LongestRecord) return JsonBeginning.NoRecord;
            bytes = More(head.Length);
        }
    }

    /// <summary>Whether a text begins with a list of objects.</summary>
    public static bool IsList(CleanedText text)
    {
        int bytes = 1;
        while (true)
        {
            ReadOnlyMemory<byte> head = text.Peek(bytes);
            int open = JsonExtent.SkipSpace(head.Span, 0);
            if (open < head.Length && head.Span[open] != (byte)'[') return false;
            int first = open < head.Length ? JsonExtent.SkipSpace(head.Span, open + 1) : head.Length;
            if (first < head.Length) return head.Span[first] == (byte)'{';
            if (head.Length < bytes || bytes >= LongestRecord) return false;
            bytes = More(head.Length);
        }
    }

    private static int More(int bytes) => Math.Clamp(4 * bytes, SecondLook, LongestRecord);

    // Null where the end of the first record is not in sight.
    private static JsonBeginning? Look(ReadOnlyMemory<byte> head, bool isAll)
    {
        ReadOnlySpan<byte> text = head.Span;
        int start = JsonExtent.SkipSpace(text, 0);
        if (start == text.Length) return null;
        if (text[start] == (byte)'{')
        {
            int length = text[start..].IndexOf((byte)'\n');
            if (length < 0 && !isAll) return null;
            bool isRecord = JsonRecord.IsRecord(length < 0 ? head[start..] : head.Slice(start, length));
            return isRecord ? JsonBeginning.Line : JsonBeginning.NoRecord;
        }

        if (text[start] != (byte)'[') return JsonBeginning.NoRecord;
        start = JsonExtent.SkipSpace(text, start + 1);
        if (start == text.Length) return null;
        if (text[start] != (byte)'{') return JsonBeginning.NoRecord;
        var extent = new JsonExtent();
        int end = extent.Scan(text[start..]);
        if (!extent.IsWhole) return null;
        return JsonRecord.IsRecord(head.Slice(start, end)) ? JsonBeginning.List : JsonBeginning.NoRecord;
    }
}
