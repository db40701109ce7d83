// The end of grulm demo: the model tells stories, and answers questions in talks that it has never seen, the likeliest token each time. How
// many of the answers are right is counted, and some of both kinds are shown, the first of each.

using System.Globalization;
using GruLM.Generation;

namespace GruLM.Cli.Demo;

/// <summary>Shows what a demo's model can do.</summary>
internal sealed class DemoTalk
{
    private const int MaxColumns = 96;
    private const int MaxTokensOfReply = 40;
    private const int LeastBytesToAskFrom = 500_000;
    private const int ExamplesOfEach = 2;

    // In so long most answers become right on an ordinary machine.
    private const double MinutesToAnswer = 10;

    private static readonly Dictionary<DemoQuestionKind, int> s_counts = new()
    {
        [DemoQuestionKind.Story] = 8,
        [DemoQuestionKind.Belongings] = 6,
        [DemoQuestionKind.Name] = 6,
    };

    private readonly DemoSettings _settings;
    private readonly Session _session;
    private readonly LanguageModel _model;

    private DemoTalk(DemoSettings settings, Session session, LanguageModel model) =>
        (_settings, _session, _model) = (settings, session, model);

    /// <summary>Shows it all.</summary>
    public static void Run(DemoSettings settings, Session session)
    {
        using var model = LanguageModel.Open(settings.OutDir, settings.Threads);
        var talk = new DemoTalk(settings, session, model);
        talk.TellStories();
        talk.AnswerQuestions();
    }

    /// <summary>The questions of a demo with this seed: of text that is neither trained nor evaluated on.</summary>
    public static IReadOnlyList<DemoQuestion> Questions(ulong seed)
    {
        // Few talks ask for a name: the text is made longer until there are enough.
        for (int bytes = LeastBytesToAskFrom; ; bytes *= 2)
        {
            IReadOnlyList<DemoQuestion> questions = DemoQuestion.From(SampleCorpus.Generate(seed + 2_000_003, bytes), s_counts);
            if (questions.Count == s_counts.Values.Sum()) return questions;
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

    private void TellStories()
    {
        _session.Output.WriteLine("4. It tells stories:\n");
        var options = new GenerationOptions
        {
            Sampling = _model.Defaults.ToSampling() with { Seed = _settings.Seed },
            Stop = ["\n\n"],
        };
        foreach (string prompt in (string[])["Once a brave girl", "One rainy morning"])
        {
            // A document begins after an empty line.
            string story = prompt + string.Concat(_model.Generate("\n" + prompt, options, _session.Stop));
            _session.WriteModelText(Indented(story) + "\n");
        }
    }

    private void AnswerQuestions()
    {
        IReadOnlyList<DemoQuestion> questions = Questions(_settings.Seed);
        _session.Output.WriteLine(
            $"5. How many of {questions.Count} questions it answers rightly, in talks that it has never seen "
            + "(the likeliest word each time):\n");
        _session.Output.Flush();
        var answered = new List<(DemoQuestion Question, string[] Replies)>();
        foreach (DemoQuestion question in questions)
        {
            if (_session.Stop.IsCancellationRequested) return;
            answered.Add((question, Ask(question)));
        }

        foreach (DemoQuestionKind kind in s_counts.Keys)
        {
            WriteRate(Describe(kind), answered.Where(one => one.Question.Kind == kind));
        }

        WriteRate("all", answered);
        WriteIfShort(answered.Count(IsRight), answered.Count);
        _session.Output.WriteLine();
        foreach (bool right in (bool[])[true, false])
        {
            foreach ((DemoQuestion question, string[] replies) in Examples(answered.Where(one => IsRight(one) == right)))
            {
                WriteExample(question, replies);
            }
        }
    }

    // What the model says in the talk, the answer last.
    private string[] Ask(DemoQuestion question)
    {
        var greedy = new GenerationOptions { Sampling = new SamplingOptions { Temperature = 0 }, MaxTokens = MaxTokensOfReply };
        using ChatSession chat = _model.StartChat(greedy);

        // A document begins after an empty line.
        chat.Read("\n" + question.Story);
        return [.. question.Before.Append(question.Text).Select(said => string.Concat(chat.Say(said, _session.Stop)))];
    }

    // One of each kind as far as there are, in the order in which they were asked.
    private static IEnumerable<(DemoQuestion Question, string[] Replies)> Examples(
        IEnumerable<(DemoQuestion Question, string[] Replies)> of) =>
        of.GroupBy(one => one.Question.Kind).SelectMany(alike => alike.Select((one, turn) => (one, turn)))
            .OrderBy(one => one.turn).Take(ExamplesOfEach).Select(one => one.one);

    private static bool IsRight((DemoQuestion Question, string[] Replies) answered) =>
        answered.Replies[^1].Trim() == answered.Question.Answer;

    private static string Describe(DemoQuestionKind kind) => kind switch
    {
        DemoQuestionKind.Story => "about a story it has just read",
        DemoQuestionKind.Belongings => "about what it is just told",
        _ => "about the name it was told",
    };

    private void WriteRate(string name, IEnumerable<(DemoQuestion Question, string[] Replies)> answered)
    {
        bool[] right = [.. answered.Select(IsRight)];
        int count = right.Count(one => one);
        _session.Output.WriteLine($"   {name,-32}{count,3} of {right.Length,2} right");
    }

    // A model that was trained for a moment has learned words, and answers are the last that it learns.
    private void WriteIfShort(int right, int questions)
    {
        if (2 * right >= questions || _settings.Minutes >= MinutesToAnswer) return;
        double longer = _settings.Minutes < DemoRun.DefaultMinutes ? DemoRun.DefaultMinutes : MinutesToAnswer;
        _session.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"\n   Most are wrong: {_settings.MaxSteps:#,0} steps are too few for answers; "
            + $"--minutes {longer:0.##} gives more right ones."));
    }

    private void WriteExample(DemoQuestion question, string[] replies)
    {
        if (question.Story.Length > 0) _session.Output.WriteLine(Indented(question.Story).TrimEnd('\n'));
        string[] said = [.. question.Before, question.Text];
        for (int i = 0; i < said.Length; i++)
        {
            _session.Output.WriteLine($"   you: {said[i]}");
            _session.WriteModelText($"   it:  {replies[i]}\n");
        }

        string verdict = IsRight((question, replies)) ? "right" : $"wrong: {question.Answer}";
        _session.Output.WriteLine($"        ({verdict})\n");
    }
}
