// The grammar is a program that tells documents to a Telling. One kind of telling writes: it draws every choice and keeps the text.
// The other reads: it follows a given text and finds out which choices made it. Both add up -log p, so that the definition that
// generates is the definition that scores.
using System.Runtime.CompilerServices;

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
