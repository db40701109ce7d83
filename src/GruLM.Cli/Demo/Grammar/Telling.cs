// The grammar is a program that tells documents to a Telling. One kind of telling writes: it draws every choice and keeps the text.
// The other reads: it follows a given text and finds out which choices made it. Both add up -log p, so that the definition that
// generates is the definition that scores. The random numbers are SplitMix64 (Steele, Lea, Flood 2014), so that a seed
// gives the same text on every machine and runtime.
using System.Runtime.CompilerServices;
using System.Text;

namespace GruLM.Cli.Demo;

internal abstract class Telling
{
    /// <summary>The sum of -log p over all choices so far, in nats.</summary>
    public double Nats { get; private set; }

    /// <summary>Goes on with a text that leaves no choice.</summary>
    public abstract void Say(string text);

    /// <summary>Goes on in one of several ways and returns which it was; its text has then been told.</summary>
    public int Pick(Choice choice, params ReadOnlySpan<string> excluded)
    {
        int total = choice.TotalWeight(excluded);
        int index = Decide(choice, excluded, total);
        Nats -= Math.Log((double)choice.Weight(index, excluded) / total);
        return index;
    }

    /// <summary>Tells literal text, choices and slots from left to right.</summary>
#pragma warning disable CA1822, IDE0060 // The instance goes to the handler, whose making does the telling.
    public void Tell([InterpolatedStringHandlerArgument("")] TellingText text)
    {
    }
#pragma warning restore CA1822, IDE0060

    protected abstract int Decide(Choice choice, ReadOnlySpan<string> excluded, int total);
}

/// <summary>What <c>telling.Tell($"…")</c> turns into: every part is told at once, in order.</summary>
[InterpolatedStringHandler]
internal readonly ref struct TellingText
{
    private readonly Telling _telling;

    // The compiler passes two lengths that are of no use here.
    public TellingText(int literalLength, int formattedCount, Telling telling) => _telling = telling;

    public void AppendLiteral(string text) => _telling.Say(text);

    public void AppendFormatted(string text) => _telling.Say(text);

    public void AppendFormatted(Choice choice) => _telling.Pick(choice);

    public void AppendFormatted(Slot slot) => slot.Tell(_telling);
}

/// <summary>Writes: every choice is drawn.</summary>
internal sealed class Writing(ulong seed) : Telling
{
    private ulong _state = seed;

    public StringBuilder Text { get; } = new();

    public override void Say(string text) => Text.Append(text);

    protected override int Decide(Choice choice, ReadOnlySpan<string> excluded, int total)
    {
        // The product's upper half is below the total; its bias, under 2^-50, is far below the exactness asked for.
        int left = (int)Math.BigMul(NextRandom(), (ulong)total, out _);
        int index = 0;
        while (left >= choice.Weight(index, excluded))
        {
            left -= choice.Weight(index++, excluded);
        }

        Text.Append(choice.Texts[index]);
        return index;
    }

    private ulong NextRandom()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

/// <summary>Reads: every choice is recognised in a given text.</summary>
internal sealed class Reading(string text) : Telling
{
    public int Position { get; private set; }

    public bool AtEnd => Position == text.Length;

    public override void Say(string expected)
    {
        if (!Follows(expected))
        {
            throw Wrong($"'{expected}'");
        }

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

        throw Wrong("one of " + string.Join(", ", choice.Texts.ToArray().Except(excluded.ToArray()).Take(6).Select(t => $"'{t}'")));
    }

    private bool Follows(string expected) => text.AsSpan(Position).StartsWith(expected, StringComparison.Ordinal);

    private FormatException Wrong(string expected)
    {
        string found = text.Substring(Position, Math.Min(20, text.Length - Position));
        return new FormatException(
            $"not a text of the sample grammar: at character {Position} stands '{found}', expected was {expected}".ReplaceLineEndings(
            "\\n"));
    }
}
