// What is to be said of an input of tokenizer decode that is neither ids nor pieces, but most likely a text: its words stay as they are
// and lose their spaces, as they do with spm_decode.

using System.Globalization;
using System.Text;

namespace GruLM.Cli.Commands;

/// <summary>Looks at the words that are to be decoded.</summary>
internal static class DecodedWords
{
    /// <summary>So many bytes tell enough.</summary>
    public const int Bytes = 4096;

    // Of the pieces that a tokenizer wrote, hardly any is unknown to it.
    private const double MostUnknown = 0.2;

    /// <summary>What to say of an input; null: nothing.</summary>
    public static string? Note(Tokenization.Tokenizer tokenizer, string name, ReadOnlySpan<byte> first)
    {
        string[] words = Encoding.UTF8.GetString(first).Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);

        // The last word may go on.
        if (first.Length == Bytes && words.Length > 1) words = words[..^1];
        int unknown = words.Count(word => !word.All(char.IsAsciiDigit) && !tokenizer.TryGetId(word, out _));
        if (unknown <= MostUnknown * words.Length) return null;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"note: {name} is most likely a text, not ids or pieces: {unknown:#,0} of its first {words.Length:#,0} words are no pieces of "
            + $"this tokenizer, and such words are joined without spaces; 'grulm tokenizer encode' makes ids of a text");
    }
}
