// One point of the sample grammar where the text can go on in several ways, each with a known probability: a whole weight over
// the sum of the weights. No way of going on begins another one, so that a reader who sees the text knows which was taken; this,
// checked here, is why every text of the grammar has exactly one derivation. Left out on purpose: empty ways of going on.
namespace GruLM.Cli.Demo;

internal sealed class Choice
{
    private readonly string[] _texts;
    private readonly int[] _weights;

    private Choice(string[] texts, int[] weights)
    {
        string[] sorted = texts.Order(StringComparer.Ordinal).ToArray();
        for (int i = 0; i < sorted.Length; i++)
        {
            if (sorted[i].Length == 0 || (i > 0 && sorted[i].StartsWith(sorted[i - 1], StringComparison.Ordinal)))
            {
                throw new ArgumentException(
                    $"'{sorted[i]}' is empty or begins with '{sorted[Math.Max(0, i - 1)]}': the reader could not tell them apart");
            }
        }

        _texts = texts;
        _weights = weights;
    }

    /// <summary>The ways of going on.</summary>
    public ReadOnlySpan<string> Texts => _texts;

    /// <summary>Ways of going on with a weight each.</summary>
    public static Choice Of(params (string Text, int Weight)[] ways) => new([.. ways.Select(w => w.Text)], [.. ways.Select(w => w.Weight)]);

    /// <summary>Ways of going on that are equally likely.</summary>
    public static Choice Even(params string[] texts) => new(texts, [.. texts.Select(_ => 1)]);

    /// <summary>Words, separated by spaces, the first of them nearly twice as likely as the last.</summary>
    public static Choice Words(string words) => Falling(words.Split(' '));

    /// <summary>Texts, the first of them nearly twice as likely as the last.</summary>
    public static Choice Falling(params string[] texts) => new(texts, [.. texts.Select((_, i) => (2 * texts.Length) - i)]);

    /// <summary>The weight of the way <paramref name="index"/>; 0 when its text is among the excluded.</summary>
    public int Weight(int index, ReadOnlySpan<string> excluded) => excluded.Contains(_texts[index]) ? 0 : _weights[index];

    /// <summary>The sum of the weights of all ways that are not excluded.</summary>
    public int TotalWeight(ReadOnlySpan<string> excluded)
    {
        int total = 0;
        for (int i = 0; i < _texts.Length; i++)
        {
            total += Weight(i, excluded);
        }

        return total;
    }
}
