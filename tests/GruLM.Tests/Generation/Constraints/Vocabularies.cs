// Vocabularies without a model, and automata over them.

using System.Text;
using GruLM.Generation;

namespace GruLM.Tests;

internal static class Vocabularies
{
    /// <summary>The 256 bytes and nothing else.</summary>
    public static PieceTrie Bytes { get; } = new([.. Enumerable.Range(0, 256).Select(b => (byte[]?)[(byte)b])]);

    /// <summary>Whether a constraint allows a text, byte by byte.</summary>
    public static bool Allows(TextConstraint constraint, string text) => Allows(new ConstraintAutomaton(constraint.Rules, Bytes, []), text);

    public static bool Allows(ConstraintAutomaton automaton, string text) =>
        automaton.Read(automaton.Start, Encoding.UTF8.GetBytes(text)) is { IsComplete: true };

    /// <summary>Pieces of one to five bytes or characters that occur in texts, some of them twice; and all bytes or none.</summary>
    public static byte[]?[] Random(Random random, string letters, bool allBytes, int count = 200)
    {
        string[] characters = [.. letters.EnumerateRunes().Select(rune => rune.ToString())];
        IEnumerable<byte[]?> pieces = Enumerable.Range(0, count).Select(_ => (byte[]?)Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => characters[random.Next(characters.Length)]))));
        IEnumerable<byte[]?> singles = allBytes
            ? Enumerable.Range(0, 256).Select(b => (byte[]?)[(byte)b])
            : characters.Select(character => (byte[]?)Encoding.UTF8.GetBytes(character));
        byte[]?[] all = [null, .. singles, .. pieces, []];
        random.Shuffle(all);
        return all;
    }
}
