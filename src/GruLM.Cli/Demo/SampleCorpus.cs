// The built-in sample corpus: small stories, questions about them and exchanges, written by a seeded grammar of our own (SampleGrammar.cs).
// Every text has one derivation and every choice a known probability, so the exact -log p of a generated text is known: no model can do
// better on held-out text than that figure, other than by a leak. Documents end in an empty line and do not depend on one another.
// Left out on purpose: texts from anywhere else; everything is ASCII, so that characters are bytes.
namespace GruLM.Cli.Demo;

/// <summary>Writes sample text and knows how probable it is.</summary>
public static class SampleCorpus
{
    /// <summary>Writes whole documents until the text has at least <paramref name="bytes"/> bytes.</summary>
    /// <remarks>The same seed gives the same text everywhere, and a longer text begins with the shorter one.</remarks>
    public static string Generate(ulong seed, int bytes) => Generate(seed, bytes, out _);

    /// <summary>The exact −log p of a sample text, in nats, taken from the text alone.</summary>
    /// <exception cref="FormatException">The text is not one or more whole documents of the grammar; the message says where it leaves
    /// it.</exception>
    public static double NegativeLogLikelihood(string text) => Documents(text).Sum(document => document.Nats);

    /// <summary>The documents of a sample text, in order, each with its exact −log p.</summary>
    /// <exception cref="FormatException">As for <see cref="NegativeLogLikelihood"/>.</exception>
    public static IReadOnlyList<SampleDocument> Documents(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var documents = new List<SampleDocument>();
        var reading = new Reading(text);
        while (!reading.AtEnd)
        {
            (int start, double nats) = (reading.Position, reading.Nats);
            SampleGrammar.TellDocument(reading);
            documents.Add(new SampleDocument(start, reading.Position - start, reading.Nats - nats));
        }

        return documents;
    }

    /// <summary>As the public method, and gives the −log p that was added up while writing.</summary>
    internal static string Generate(ulong seed, int bytes, out double nats)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        var writing = new Writing(seed);
        while (writing.Text.Length < bytes)
        {
            SampleGrammar.TellDocument(writing);
        }

        nats = writing.Nats;
        return writing.Text.ToString();
    }
}
