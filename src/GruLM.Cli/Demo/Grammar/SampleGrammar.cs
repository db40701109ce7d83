// The sample grammar: what a document is. A document is a story on one line with up to three questions about it, or a conversation of up to
// four exchanges; an empty line ends it. Written once, as a program that tells to a Telling, and so both generated and scored (see
// Telling.cs). To be learned, from easy to hard: words and their order; agreement (a/an, she/he, it/they); who is who within a story;
// answers that follow from a story or from earlier exchanges. Each sentence opens with words that tell it from every other sentence
// possible there. Left out on purpose: plots that need knowledge of the world.
using static GruLM.Cli.Demo.SampleWords;

namespace GruLM.Cli.Demo;

internal static class SampleGrammar
{
    internal const string Prompt = "<prompt> ";
    internal const string Answer = " <ai> ";
    private const int MaxQuestions = 3;
    private const int MaxExchanges = 4;

    // What a document begins with; the first three are openings of a story.
    private static readonly Choice s_documentBegins = Choice.Of(("One ", 8), ("Once ", 8), ("On ", 8), (Prompt, 6));
    private static readonly Choice s_storyBegins = Choice.Of(("One ", 1), ("Once ", 1), ("On ", 1));
    private static readonly Choice s_afterStory = Choice.Of(("\n", 3), (Prompt, 1));
    private static readonly Choice s_afterExchange = Choice.Of(("\n", 3), (Prompt, 2));

    /// <summary>Tells one document, the empty line at its end included.</summary>
    public static void TellDocument(Telling t)
    {
        int begin = t.Pick(s_documentBegins);
        if (begin < 3)
        {
            TellStoryWithQuestions(t, begin, new SampleStory());
        }
        else
        {
            TellConversation(t);
        }
    }

    private static void TellStoryWithQuestions(Telling t, int opening, SampleStory story)
    {
        story.Tell(t, opening);
        t.Say("\n");
        for (int asked = 0; asked < MaxQuestions; asked++)
        {
            if (t.Pick(s_afterStory) == 0)
            {
                return;
            }

            story.TellQuestion(t);
        }

        t.Say("\n");
    }

    private static void TellConversation(Telling t)
    {
        var speaker = new Person();
        for (int turn = 0; turn < MaxExchanges; turn++)
        {
            if (turn > 0 && t.Pick(s_afterExchange) == 0)
            {
                return;
            }

            // A story ends the conversation, as the questions about it follow.
            string excluded = speaker.Text is null ? "What is my name?" : "Hello, my name is ";
            switch (t.Pick(s_exchanges, excluded))
            {
                case 0:
                    var story = new SampleStory();
                    t.Tell($"{story.Hero}.{Answer}");
                    TellStoryWithQuestions(t, t.Pick(s_storyBegins), story);
                    return;
                case 1:
                    TellPossessions(t);
                    break;
                case 2:
                    var feeling = new Slot(Feeling);
                    t.Tell($"{feeling}. What should I do?{Answer}You should {s_advice[feeling.Text!]} {Near} the {ThingLook} {Somewhere}.");
                    break;
                case 3:
                    (string first, string second) = s_opposites[t.Pick(s_oppositesAsked)];
                    t.Tell($"?{Answer}The opposite of {first} is {second}.");
                    break;
                case 4:
                    int day = t.Pick(Day);
                    t.Tell($"?{Answer}{Day.Texts[(day + 1) % Day.Texts.Length]} comes after {Day.Texts[day]}.");
                    break;
                case 5:
                    t.Tell($"{speaker} and I like {Food}.{Answer}Hello, {speaker}! I like {Food}.");
                    break;
                default:
                    t.Tell($"{Answer}Your name is {speaker}.");
                    break;
            }

            t.Say("\n");
        }

        t.Say("\n");
    }

    private static readonly Choice s_exchanges = Choice.Of(
        ("Tell me a story about ", 6),
        ("My ", 8),
        ("I am ", 4),
        ("What is the opposite of ", 1),
        ("What day comes after ", 1),
        ("Hello, my name is ", 6),
        ("What is my name?", 6));

    private static readonly Choice s_possessionAsked = Choice.Of(("Who has the ", 2), ("What is the ", 1), ("How many ", 1));

    private static readonly (string, string)[] s_opposites =
    [
        ("hot", "cold"), ("big", "small"), ("old", "young"), ("wet", "dry"), ("fast", "slow"), ("dark", "bright"), ("thick", "thin"),
        ("happy", "sad"), ("cold", "hot"), ("small", "big"), ("young", "old"), ("dry", "wet"), ("slow", "fast"), ("bright", "dark"),
        ("thin", "thick"), ("sad", "happy"), ];

    private static readonly Choice s_oppositesAsked = Choice.Even([.. s_opposites.Select(pair => pair.Item1)]);

    private static readonly Dictionary<string, string> s_advice = new()
    {
        ["happy"] = "sing",
        ["sad"] = "play",
        ["tired"] = "sleep",
        ["hungry"] = "eat",
        ["proud"] = "dance",
        ["afraid"] = "hide",
        ["angry"] = "walk",
        ["cold"] = "run",
        ["curious"] = "look",
        ["glad"] = "smile",
        ["lonely"] = "wait",
        ["worried"] = "listen",
        ["surprised"] = "laugh",
        ["sleepy"] = "rest",
        ["thirsty"] = "drink",
        ["excited"] = "jump",
    };

    private static void TellPossessions(Telling t)
    {
        Slot relation = new(Relation), otherRelation = new(Relation), likeness = new(Likeness), thing = new(Thing), number = new(Number),
            food = new(Food);
        var owner = new Person();
        var other = new Person(owner);
        t.Tell($"{relation} {owner} has {likeness} {thing} and my {otherRelation} {other} has {number} {food}. ");
        switch (t.Pick(s_possessionAsked))
        {
            case 0:
                bool thingAsked = t.Pick(Choice.Even(thing.Text!, food.Text!)) == 0;
                (Slot askedRelation, Person asked) = thingAsked ? (relation, owner) : (otherRelation, other);
                t.Tell($"?{Answer}Your {askedRelation} {asked}.");
                break;
            case 1:
                t.Tell($"{thing} like?{Answer}It is {WithoutArticle(likeness)}.");
                break;
            default:
                t.Tell($"{food} does {other} have?{Answer}{other} has {number} {food}.");
                break;
        }
    }

    /// <summary>"a red" without its article: "red".</summary>
    public static string WithoutArticle(Slot slot) => slot.Text![(slot.Text!.IndexOf(' ', StringComparison.Ordinal) + 1)..];
}
