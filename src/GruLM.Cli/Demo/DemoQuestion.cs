// Questions whose answers follow from what was said before, taken from sample text that the model has never seen. Left out: questions that
// have more than one right answer, such as what to do when one is sad.

namespace GruLM.Cli.Demo;

/// <summary>A question at the end of a talk or story.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Story">The story before it, with its line end; empty in a talk.</param>
/// <param name="Before">What was said before it in a talk.</param>
/// <param name="Text">The question.</param>
/// <param name="Answer">The right answer.</param>
internal sealed record DemoQuestion(DemoQuestionKind Kind, string Story, IReadOnlyList<string> Before, string Text, string Answer)
{
    /// <summary>So many questions of each kind, as varied as the text allows: those that begin alike come after the others.</summary>
    public static IReadOnlyList<DemoQuestion> From(string sampleText, IReadOnlyDictionary<DemoQuestionKind, int> counts)
    {
        ILookup<DemoQuestionKind, DemoQuestion> found = sampleText.Split("\n\n").SelectMany(OfDocument).ToLookup(question => question.Kind);
        return
        [
            .. counts.SelectMany(count => found[count.Key]
                .GroupBy(question => question.Beginning)
                .SelectMany(alike => alike.Select((question, turn) => (Question: question, Turn: turn)))
                .OrderBy(one => one.Turn)
                .Select(one => one.Question)
                .Take(count.Value)),
        ];
    }

    // How it asks: up to the second word of the question itself, which in a talk of belongings is its last sentence.
    private string Beginning => string.Join(' ', Text[(Text.TrimEnd('?').LastIndexOf(". ", StringComparison.Ordinal) + 1)..].Split(
        ' ', StringSplitOptions.RemoveEmptyEntries).Take(2));

    // At most one of a document, so that all are about other people.
    private static IEnumerable<DemoQuestion> OfDocument(string document)
    {
        string[] lines = document.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0) return [];
        bool isTalk = lines[0].StartsWith(SampleGrammar.Prompt, StringComparison.Ordinal);
        string story = isTalk ? "" : lines[0] + "\n";
        (string Asked, string Answered)[] exchanges =
        [
            .. lines.Skip(isTalk ? 0 : 1).TakeWhile(line => line.StartsWith(SampleGrammar.Prompt, StringComparison.Ordinal))
                .Select(Exchange),
        ];
        return isTalk ? OfTalk(exchanges) : exchanges.Take(1).Select(first => About(DemoQuestionKind.Story, story, [], first));
    }

    private static IEnumerable<DemoQuestion> OfTalk((string Asked, string Answered)[] exchanges)
    {
        for (int i = 0; i < exchanges.Length; i++)
        {
            string[] before = [.. exchanges[..i].Select(exchange => exchange.Asked)];
            if (exchanges[i].Asked == "What is my name?") return [About(DemoQuestionKind.Name, "", before, exchanges[i])];
            if (i == 0 && exchanges[i].Asked.StartsWith("My ", StringComparison.Ordinal))
            {
                return [About(DemoQuestionKind.Belongings, "", before, exchanges[i])];
            }
        }

        return [];
    }

    private static DemoQuestion About(DemoQuestionKind kind, string story, string[] before, (string Asked, string Answered) exchange) =>
        new(kind, story, before, exchange.Asked, exchange.Answered);

    private static (string Asked, string Answered) Exchange(string line)
    {
        int answer = line.IndexOf(SampleGrammar.Answer, StringComparison.Ordinal);
        return (line[SampleGrammar.Prompt.Length..answer], line[(answer + SampleGrammar.Answer.Length)..]);
    }
}
