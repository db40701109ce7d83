// Whether a text can be trained on with some settings, as far as that is known without encoding it: errors are to come before anything
// takes time or is written.

using System.Text;
using GruLM.Corpus;
using GruLM.Model;

namespace GruLM;

/// <summary>Checks settings and text before a run.</summary>
internal static class TrainingChecks
{
    // What stands before an answer.
    private static readonly byte[] s_answer = Encoding.UTF8.GetBytes(ChatTemplate.Default.Ai);

    /// <summary>Throws <see cref="ArgumentException"/> for settings that make no sense, do not go together, or ask for more memory than
    /// there is.</summary>
    public static void CheckSettings(TextTrainingOptions options)
    {
        GruConfig sizes = StartingModel.Sizes(options);
        sizes.Validate();
        options.Regularisation.Validate();
        options.Optimizer.Validate();
        options.Training.Validate(options.Samples);
        MemoryNeed.Check(sizes, options.Training);
        if (options.MaskPrompt && options.Samples != SampleKind.Lines)
        {
            throw new ArgumentException("'MaskPrompt' needs 'Samples = Lines': in a stream nothing tells where an exchange begins");
        }
    }

    /// <summary>Throws <see cref="InvalidDataException"/> for a text with nothing to learn. <paramref name="heldOut"/> is what was taken
    /// from it, empty for nothing.</summary>
    public static void CheckText(CorpusText training, CorpusText heldOut, TextTrainingOptions options)
    {
        if (options.Samples == SampleKind.Lines && training.Length == 0 && heldOut.Length > 0 && options.HeldOutName is null)
        {
            throw new InvalidDataException(
                $"{options.TextName}: has one record or line, and that is held out, so that none is left to learn from; "
                + "give more of them, or 'ValFraction' 0 to hold nothing out");
        }

        if (training.Length < 2)
        {
            throw new InvalidDataException(
                $"{options.TextName}: its training part has {training.Length} byte(s), too few to learn from; "
                + "give more text or a smaller 'ValFraction'");
        }

        if (!training.Samples().Any())
        {
            string wrong = heldOut.Samples().Any()
                ? "its training part has no line with text; give more text or a smaller 'ValFraction'"
                : "has no line with text, only white space";
            throw new InvalidDataException($"{options.TextName}: {wrong}");
        }

        if (options.MaskPrompt && !HasAnswers(training))
        {
            ChatTemplate chat = ChatTemplate.Default;
            throw new InvalidDataException(
                "no sample of the training part has an answer for 'MaskPrompt' to leave: "
                + $"samples were expected in the form {chat.Prompt} … {chat.Ai} …");
        }
    }

    /// <summary>Whether a sample has an answer.</summary>
    public static bool HasAnswers(CorpusText text) => text.Samples().Any(sample => HasAnswer(sample.Span));

    /// <summary>How many samples have no marker before an answer.</summary>
    public static int SamplesWithoutAnswer(CorpusText text) => text.Samples().Count(sample => !HasAnswer(sample.Span));

    private static bool HasAnswer(ReadOnlySpan<byte> sample) => sample.IndexOf(s_answer) >= 0;
}
