// Which recipes come into question for a text, and how often each may read it. The lines between them were found by experiment
// (docs/experiments.md): short texts are best learned by characters and many times over, long ones in pieces and a few times.

using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>A recipe and when it is worth its time.</summary>
/// <param name="Recipe">The recipe.</param>
/// <param name="LeastRead">How many tokens it must get to read in the time; 0 for the one that is left.</param>
/// <param name="Passes">How often it may read a text at most.</param>
internal sealed record RecipeStep(Recipe Recipe, double LeastRead, int Passes);

/// <summary>Orders recipes for a text.</summary>
internal static class RecipeLadder
{
    private const double BytesPerPiece = 3.3;

    // Characters of a text, up to which a recipe is for it.
    private const double Page = 30e3;
    private const double Story = 200e3;
    private const double Book = 600e3;
    private const double Shelf = 4e6;

    // Bytes of a sample, and characters of all of them, up to which lines are names or words.
    private const double ShortSample = 48;
    private const double LongList = 5e6;

    /// <summary>The recipes for a text, the one that needs most time first; <paramref name="kind"/> is that of the tokenizer where it is
    /// given.</summary>
    public static RecipeStep[] For(TextProfile text, ModelType? kind)
    {
        double characters = text.Characters;
        bool isTalk = text is { Samples: SampleKind.Lines, IsTalk: true };
        if (kind != ModelType.Bpe)
        {
            if (!isTalk && text is { Samples: SampleKind.Lines, BytesOfSample: <= ShortSample } && characters <= LongList)
            {
                return [new(Recipes.Names, 0, Passes(2e6 / characters, 2, 24))];
            }

            if (!isTalk && characters <= Page) return [new(Recipes.Page, 0, 14)];
            if (!isTalk && characters <= Story) return [new(Recipes.Story, 0, Passes(1.1e6 / characters, 6, 16))];
            if (kind == ModelType.Char)
            {
                return
                [
                    new(Recipes.ShakespeareChar, 2e6, Passes(20e6 / characters, 1, 20)),
                    new(Recipes.ShakespeareCharQuick, 0, 7),
                ];
            }
        }

        if (isTalk && characters <= Book)
        {
            return [new(Recipes.Answers, 0, Passes(6e6 / characters, 10, 100))];
        }

        if (characters <= Book) return [new(Recipes.Chapter, 0, 7)];
        RecipeStep small = new(Recipes.Small, 1.5e6, 7), tiny = new(Recipes.Tiny, 0, 7);
        return characters <= Shelf ? [small, tiny] : [new(Recipes.Medium, 10e6, 4), small, tiny];
    }

    /// <summary>About how many tokens a recipe makes of a text.</summary>
    public static double Tokens(RecipeStep step, TextProfile text) =>
        step.Recipe.Settings.ModelType == ModelType.Char ? text.Characters : text.Bytes / BytesPerPiece;

    private static int Passes(double wanted, int least, int most) => (int)Math.Clamp(Math.Round(wanted), least, most);
}
