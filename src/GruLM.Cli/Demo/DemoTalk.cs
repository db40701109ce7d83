// The end of grulm demo: the model tells stories, talks, and answers a question about a story that it has just read.

using GruLM.Generation;

namespace GruLM.Cli.Demo;

/// <summary>Shows what a demo's model can do.</summary>
internal static class DemoTalk
{
    private const int MaxColumns = 96;
    private const int MaxTokensOfReply = 40;

    /// <summary>Shows it all on <paramref name="output"/>. <paramref name="heldOut"/> has the story that is asked about.</summary>
    public static void Run(DemoSettings settings, string heldOut, TextWriter output, CancellationToken cancel)
    {
        using var model = LanguageModel.Open(settings.OutDir, settings.Threads);
        output.WriteLine("4. It tells stories:\n");
        TellStories(model, settings.Seed, output, cancel);
        output.WriteLine("5. It talks, and answers questions about a story it has just read:\n");
        var greedy = new GenerationOptions { Sampling = new SamplingOptions { Temperature = 0 }, MaxTokens = MaxTokensOfReply };
        using ChatSession chat = model.StartChat(greedy);
        Ask("Hello, my name is Anna and I like tarts.");
        Ask("What is my name?");
        chat.Reset();
        string story = StoryWithQuestion(heldOut);
        chat.Read(story);
        output.WriteLine(Indented(story));
        Ask(QuestionAbout(heldOut, story));
        output.WriteLine();

        void Ask(string question)
        {
            string reply = string.Concat(chat.Say(question, cancel));
            output.WriteLine($"   you: {question}\n   it:  {reply}");
        }
    }

    /// <summary>A text under an indent, with lines that are wrapped.</summary>
    public static string Indented(string text)
    {
        var lines = new List<string>();
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            string left = line;
            while (left.Length > MaxColumns)
            {
                int cut = left.LastIndexOf(' ', MaxColumns);
                if (cut <= 0) cut = MaxColumns;
                lines.Add(left[..cut]);
                left = left[cut..].TrimStart();
            }

            lines.Add(left);
        }

        return "   │ " + string.Join("\n   │ ", lines) + "\n";
    }

    private static void TellStories(LanguageModel model, ulong seed, TextWriter output, CancellationToken cancel)
    {
        var options = new GenerationOptions { Sampling = model.Defaults.ToSampling() with { Seed = seed }, Stop = ["\n\n"] };
        foreach (string prompt in (string[])["Once a brave girl", "One rainy morning"])
        {
            // A document begins after an empty line.
            string story = prompt + string.Concat(model.Generate("\n" + prompt, options, cancel));
            output.WriteLine(Indented(story));
        }
    }

    // The first held-out story that a question follows.
    private static string StoryWithQuestion(string heldOut)
    {
        foreach (string document in heldOut.Split("\n\n"))
        {
            int question = document.IndexOf("\n" + SampleGrammar.Prompt, StringComparison.Ordinal);
            if (question > 0 && !document.StartsWith(SampleGrammar.Prompt, StringComparison.Ordinal)) return document[..(question + 1)];
        }

        throw new InvalidDataException("the held-out sample text has no story with a question");
    }

    private static string QuestionAbout(string heldOut, string story)
    {
        int start = heldOut.IndexOf(story, StringComparison.Ordinal) + story.Length + SampleGrammar.Prompt.Length;
        return heldOut[start..heldOut.IndexOf(SampleGrammar.Answer, start, StringComparison.Ordinal)];
    }
}
