// The last tokens that a model wrote, with the text of each, as long as a part of that text may have to be taken back.

using GruLM.Tokenization;

namespace GruLM;

/// <summary>Tokens with their texts. Not thread-safe.</summary>
internal sealed class WrittenTokens
{
    private readonly List<(int Id, string Text)> _tokens = [];

    /// <summary>How many there are.</summary>
    public int Count => _tokens.Count;

    /// <summary>The last of them.</summary>
    public int Last => _tokens[^1].Id;

    /// <summary>The text of all.</summary>
    public string Text => string.Concat(_tokens.Select(token => token.Text));

    /// <summary>Adds a token.</summary>
    public void Add(int id, string text) => _tokens.Add((id, text));

    /// <summary>Forgets them.</summary>
    public void Clear() => _tokens.Clear();

    /// <summary>Tokens that have the first so many characters of the text: those that were written, as far as they have no more, and behind
    /// them those of the rest.</summary>
    public IEnumerable<int> Beginning(int characters, Tokenizer tokenizer)
    {
        int end = 0, whole = 0;
        while (whole < Count && end + _tokens[whole].Text.Length <= characters) end += _tokens[whole++].Text.Length;

        // Tokens at the end that have no text are the beginning of a character.
        while (whole > 0 && _tokens[whole - 1].Text.Length == 0) whole--;
        return [.. _tokens.Take(whole).Select(token => token.Id), .. tokenizer.Encode(Text[end..characters])];
    }
}
