// The bytes of a JSON file, and what is wrong with it in words of our own: .NET's are for programmers. Some editors write a byte-order mark
// before the JSON, which JSON itself does not know.

using System.Text;
using System.Text.Json;

namespace GruLM.Formats;

/// <summary>Reads JSON files. Safe for several threads.</summary>
public static class JsonBytes
{
    // As deep as any reader here goes.
    private const int MostDepth = 1000;

    /// <summary>The bytes of a file, without a byte-order mark.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ReadOnlyMemory<byte> Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        return bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes.AsMemory(3) : bytes;
    }

    /// <summary>What is wrong with JSON, in a phrase that follows the name of its file: where it breaks off, or which value is of another
    /// kind than expected.</summary>
    public static string Problem(ReadOnlyMemory<byte> json, JsonException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        if (IsOfDepth(error)) return TooDeep(error);
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MostDepth });
            return OfContent(document.RootElement, error);
        }
        catch (InvalidOperationException)
        {
            // What the JSON reader throws for text that is no valid UTF-8 or escapes half a surrogate pair.
            return "holds a text that is no valid UTF-8";
        }
        catch (JsonException syntax)
        {
            return IsOfDepth(syntax) ? TooDeep(syntax) : OfSyntax(json.Span, syntax);
        }
    }

    private static bool IsOfDepth(JsonException error) => error.Message.Contains("maximum configured depth", StringComparison.Ordinal);

    private static string TooDeep(JsonException error) => $"is nested too deeply at line {(error.LineNumber ?? 0) + 1}";

    private static string OfSyntax(ReadOnlySpan<byte> json, JsonException error)
    {
        long line = error.LineNumber ?? 0;
        int at = Place(json, line, error.BytePositionInLine ?? 0);

        // Of a word that is wrong the reader tells the letter at which it gave up.
        while (at > 0 && at < json.Length && char.IsAsciiLetter((char)json[at]) && char.IsAsciiLetter((char)json[at - 1])) at--;
        return $"is no valid JSON at line {line + 1}: {Reason(json, at)}";
    }

    private static string Reason(ReadOnlySpan<byte> json, int at)
    {
        ReadOnlySpan<byte> before = json[..at].TrimEnd(" \t\r\n"u8);
        if (json[at..].TrimStart(" \t\r\n"u8).IsEmpty) return before.IsEmpty ? "the file is empty" : "it ends too early";
        char found = (char)json[at];
        if (found is '}' or ']' && before is [.., (byte)',']) return $"there is a comma before '{found}', with nothing behind it";
        return found switch
        {
            '\'' or '`' => "texts and names stand in double quotes",
            '/' or '#' => "comments cannot stand in it",
            _ when char.IsAsciiLetterOrDigit(found) => $"'{Word(json[at..])}' is not expected there",
            _ when found is > ' ' and < (char)0x7F => $"'{found}' is not expected there",
            _ => "what stands there is not expected",
        };
    }

    // Letters and digits from the beginning on, not too many.
    private static string Word(ReadOnlySpan<byte> text)
    {
        int length = 0;
        while (length < text.Length && length < 20 && char.IsAsciiLetterOrDigit((char)text[length])) length++;
        return Encoding.ASCII.GetString(text[..Math.Max(length, 1)]);
    }

    private static int Place(ReadOnlySpan<byte> json, long line, long column)
    {
        int start = 0;
        for (; line > 0; line--) start += json[start..].IndexOf((byte)'\n') + 1;
        return (int)Math.Min(start + column, json.Length);
    }

    private static string OfContent(JsonElement root, JsonException error)
    {
        string expected = Expected(error.Message + " " + error.InnerException?.Message);
        string path = error.Path is null or "$" ? "" : error.Path["$.".Length..];
        string[] missing = path.Length == 0 && error.Message.Contains("missing required", StringComparison.Ordinal)
            ? [.. error.Message.Split('\'').Where((_, i) => i % 2 == 1).Skip(1)]
            : [];
        if (missing.Length > 0) return "does not say " + string.Join(", ", missing);
        if (path.Length == 0) return "is no object of names and values";
        string name = path.Split('.', '[')[0];
        JsonElement value = default;
        bool isThere = root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out value);
        string found = isThere ? Shown(value) : "of another kind";
        return $"{path} is {found}; {expected} was expected";
    }

    private static string Shown(JsonElement value)
    {
        string text = value.GetRawText().ReplaceLineEndings(" ");
        return text.Length > 60 ? text[..59] + "…" : text;
    }

    // The exception says it by the name of a type, or its cause does.
    private static string Expected(string message)
    {
        (string Words, string Meant)[] kinds =
        [
            ("for an Int", "a whole number"), ("System.Int", "a whole number"), ("System.UInt", "a whole number"),
            ("System.Double", "a number"), ("System.Single", "a number"), ("as a number", "a number"),
            ("IReadOnlyList", "a list"), ("System.Boolean", "true or false"), ("as a boolean", "true or false"),
            ("System.String", "a text"), ("as a string", "a text"),
        ];
        foreach ((string words, string meant) in kinds)
        {
            if (message.Contains(words, StringComparison.Ordinal)) return meant;
        }

        return "another kind of value";
    }
}
