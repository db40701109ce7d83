// The telling that reads: it follows a given text and finds out which choices made it.
namespace GruLM.Cli.Demo;

/// <summary>Reads: every choice is recognised in a given text.</summary>
internal sealed class Reading(string text) : Telling
{
    public int Position { get; private set; }

    public bool AtEnd => Position == text.Length;

    public override void Say(string expected)
    {
        if (!Follows(expected)) throw Wrong($"'{expected}'");
        Position += expected.Length;
    }

    protected override int Decide(Choice choice, ReadOnlySpan<string> excluded, int total)
    {
        for (int i = 0; i < choice.Texts.Length; i++)
        {
            if (Follows(choice.Texts[i]) && choice.Weight(i, excluded) > 0)
            {
                Position += choice.Texts[i].Length;
                return i;
            }
        }

        IEnumerable<string> possible = choice.Texts.ToArray().Except(excluded.ToArray()).Take(6).Select(way => $"'{way}'");
        throw Wrong("one of " + string.Join(", ", possible));
    }

    private bool Follows(string expected) => text.AsSpan(Position).StartsWith(expected, StringComparison.Ordinal);

    private FormatException Wrong(string expected)
    {
        string found = text.Substring(Position, Math.Min(20, text.Length - Position));
        string message = $"not a text of the sample grammar: at character {Position} stands '{found}', expected was {expected}";
        return new FormatException(message.ReplaceLineEndings("\\n"));
    }
}
