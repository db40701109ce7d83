// The telling that writes: it draws every choice and keeps the text. The random numbers are SplitMix64 (Steele, Lea, Flood 2014), so that
// a seed gives the same text on every machine and runtime.
using System.Text;

namespace GruLM.Cli.Demo;

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
