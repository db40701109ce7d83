// Which tokenizers the page can do: those that SentencePiece's formats allow and tokenizer.js leaves out are refused when a page is made,
// so that no page gives other tokens than the command.

using System.Text;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>Looks at a tokenizer before it goes into a page. Thread-safe: it has no state.</summary>
internal static class PageTokenizer
{
    /// <summary>Throws <see cref="InvalidDataException"/> where the page cannot do what the tokenizer of file <paramref name="path"/>
    /// does.</summary>
    public static void Check(SentencePieceModel model, string path)
    {
        if (Problem(model) is not { } problem) return;
        throw new InvalidDataException(
            $"{path}: {problem}, which the page cannot do; it can do BPE, unigram and character models, such as those that training makes");
    }

    private static string? Problem(SentencePieceModel model)
    {
        if (model.ModelType is not (ModelType.Bpe or ModelType.Unigram or ModelType.Char)) return "cuts text into whole words";
        if (Setting(model, "treat_whitespace_as_suffix") == "true") return "puts spaces at the end of pieces";
        if (Setting(model, "escape_whitespaces") == "false") return "does not mark spaces in pieces";
        if (Setting(model, "denormalization_rule_tsv") is { Length: > 0 }) return "has rules for text that is written";
        if (model.Pieces.Any(piece => piece.Type == PieceType.Unused)) return "has unused pieces";
        return HasBrokenPiece(model) ? "has pieces that are no text" : null;
    }

    private static string? Setting(SentencePieceModel model, string name) =>
        model.Settings.FirstOrDefault(setting => setting.Key == name).Value;

    // Only a piece that has U+FFFD can be other bytes than its text says; then its text is not found as a piece.
    private static bool HasBrokenPiece(SentencePieceModel model)
    {
        string sign = Rune.ReplacementChar.ToString();
        var tokenizer = new Tokenizer(model);
        return Enumerable.Range(0, model.Count).Any(id =>
            model[id].Text.Contains(sign, StringComparison.Ordinal) && !(tokenizer.TryGetId(model[id].Text, out int found) && found == id));
    }
}
