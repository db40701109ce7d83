// One story of the sample grammar: an opening, what the hero has, up to two views of the scene, one of three plots and an ending: four to
// eight sentences. What is told once is remembered in slots, repeated later in the story and asked for by the questions after it.
using static GruLM.Cli.Demo.SampleWords;

namespace GruLM.Cli.Demo;

internal sealed class SampleStory
{
    private static readonly Choice s_companyOrNot = Choice.Of((".", 1), (" with ", 1));
    private const int HumanCompanions = 4;
    private const int MaxScenes = 2;

    private static readonly Choice s_sceneOrPlot = Choice.Of(
        (" Suddenly ", 1), (" Then ", 1), (" Later ", 1), (" One ", 6), (" Some ", 6), (" The ", 6));
    private static readonly Choice s_plot = Choice.Of((" Suddenly ", 1), (" Then ", 1), (" Later ", 1));
    private static readonly Choice s_agreed = Choice.Of((" gave ", 1), (" offered ", 1));
    private static readonly Choice s_sawOneOrMany = Choice.Of((" saw ", 1), (" met ", 1));
    private static readonly Choice s_ending = Choice.Of((" At night ", 1), (" Soon ", 1));

    private readonly Slot _place = new(Place), _likeness = new(Likeness), _thing = new(Thing), _number = new(Number), _food = new(Food);
    private readonly Slot _fell = new(Fell), _into = new(Into), _spot = new(Spot), _pet = new(PetNames);
    private readonly Person _friend, _stranger;
    private readonly List<string> _asked = [];
    private Slot? _companion, _helper, _keeper;
    private string? _given;

    public SampleStory()
    {
        _friend = new Person(Hero);
        _stranger = new Person(Hero, _friend);
    }

    public Person Hero { get; } = new();

    /// <summary>Tells the story from after its first word, up to its last full stop.</summary>
    public void Tell(Telling t, int opening)
    {
        TellOpening(t, opening);
        Slot second = new(Thing) { Unlike = [_thing] }, third = new(Thing) { Unlike = [_thing, second] };
        t.Tell($" {Hero} {Held} {_likeness} {_thing}, {Likeness} {second}, {Likeness} {third} and {_number} {_food}.");

        int next = t.Pick(s_sceneOrPlot);
        for (int scenes = 1; next >= 3; scenes++)
        {
            TellScene(t, next);
            next = t.Pick(scenes == MaxScenes ? s_plot : s_sceneOrPlot);
        }

        switch (next)
        {
            case 0:
                TellLoss(t);
                break;
            case 1:
                TellTrade(t);
                break;
            default:
                TellMeeting(t);
                break;
        }

        if (t.Pick(s_ending) == 0)
        {
            t.Tell($"{Hero} {Did}, {Did} and {Did} {Near} the {ThingLook} {Somewhere}.");
        }
        else
        {
            t.Tell($"{They.ToLowerInvariant()} {Moved} {Manner} to the {ThingLook}, {ThingLook} {Place}.");
        }
    }

    /// <summary>Tells a question about the story, after its marker, with the answer and the line's end.</summary>
    public void TellQuestion(Telling t)
    {
        const string Answer = SampleGrammar.Answer;
        var questions = Choice.Even([.. Questions().Except(_asked)]);
        string question = questions.Texts[t.Pick(questions)];
        switch (question)
        {
            case "What was ":
                t.Tell($"the {_thing} like?{Answer}It was {SampleGrammar.WithoutArticle(_likeness)}.");
                break;
            case "Where was ":
                t.Tell($"{Hero}?{Answer}At the {_place}.");
                break;
            case "How many ":
                t.Tell($"{_food} did {Hero} have?{Answer}{Hero} had {_number} {_food}.");
                break;
            case "Who had ":
                t.Tell($"the {_thing} first?{Answer}{Hero} had the {_thing}.");
                break;
            case "Where did ":
                t.Tell($"the {_thing} go?{Answer}It {_fell} {_into} the {_spot}.");
                break;
            case "Who helped ":
                t.Tell($"{Hero}?{Answer}{_helper!} helped {Hero}.");
                break;
            case "Who has ":
                t.Tell($"the {_thing} now?{Answer}{_keeper!} has the {_thing}.");
                break;
            default:
                t.Tell($"{Hero} give away?{Answer}The {_given!}.");
                break;
        }

        t.Say("\n");
        _asked.Add(question);
    }

    private string They => _companion is null ? Hero.She : "They";

    private IEnumerable<string> Questions()
    {
        yield return "What was ";
        yield return "Where was ";
        yield return "How many ";
        yield return "Who had ";
        if (_helper is not null)
        {
            yield return "Where did ";
            yield return "Who helped ";
        }

        if (_keeper is not null)
        {
            yield return "Who has ";
        }

        if (_given is not null)
        {
            yield return "What did ";
        }
    }

    private void TellOpening(Telling t, int opening)
    {
        switch (opening)
        {
            case 0:
                t.Tell($"{Season} {Time} {Hero} {Moved} {Manner} to the {ThingLook} {_place}");
                break;
            case 1:
                t.Tell($"{Nature} ");
                if (Hero.Text is null)
                {
                    Hero.Choice = t.Pick(Child) == 0 ? Girls : Boys;
                }
                else
                {
                    t.Say(Hero.Child);
                }

                t.Tell($" named {Hero} {Did}, {Did} and {Did} at the {ThingLook} {_place}");
                break;
            default:
                var from = new Slot(Place);
                _place.Unlike = [from];
                t.Tell($"{Day} {Hero} {Moved} from the {ThingLook} {from} to the {ThingLook} {_place}");
                break;
        }

        if (t.Pick(s_companyOrNot) == 1)
        {
            t.Tell($"{Hero.Hers} ");
            _companion = t.Pick(Companion) < HumanCompanions ? _friend : _pet;
            t.Tell($" {_companion}.");
        }
    }

    private static void TellScene(Telling t, int scene)
    {
        switch (scene)
        {
            case 3:
                t.Tell($"{AnimalLook} {Animal} {Did}, {Did} and {Did} {Near} the {ThingLook} {Somewhere}.");
                break;
            case 4:
                t.Tell($"{AnimalLook} {Animal}s, {Number} {AnimalLook} {Animal}s and {Number} {Animal}s {Did} {Manner}.");
                break;
            default:
                Slot first = new(PlainLook), second = new(PlainLook) { Unlike = [first] },
                    third = new(PlainLook) { Unlike = [first, second] };
                t.Tell($"{Somewhere} was {first}, {second} and {third}.");
                break;
        }
    }

    private void TellLoss(Telling t)
    {
        t.Tell($"the {_thing} {_fell} {_into} the {ThingLook} {_spot}. \"I am ");
        TellMoods(t);
        t.Tell($",\" {Said} {Hero}. But ");
        if (_companion is null)
        {
            _helper = _stranger;
            t.Tell($"{_helper}, {Nature} {Job},");
        }
        else
        {
            _helper = _companion;
            t.Tell($"{_helper}");
        }

        t.Say(" got it back for ");
        TellGoods(t);
        t.Say(".");
    }

    private void TellTrade(Telling t)
    {
        t.Tell($"{_stranger}, {Nature} {Job},");
        bool agreed = t.Pick(s_agreed) == 0;
        t.Tell($"{Hero.Her} ");
        TellGoods(t);
        t.Tell($" for the {_thing}");
        if (agreed)
        {
            _keeper = _stranger;
            t.Tell($", and {Hero} {Did} and {Did} {Manner}.");
        }
        else
        {
            _keeper = Hero;
            t.Tell($", but {Hero} {Moved} {Into} the {ThingLook} {Somewhere}.");
        }
    }

    private void TellMeeting(Telling t)
    {
        t.Tell($"{They.ToLowerInvariant()}");
        (string them, string they) = ("it", "it");
        if (t.Pick(s_sawOneOrMany) == 0)
        {
            t.Tell($"{Nature} {Animal} {Near} the {ThingLook} {Somewhere}. It was ");
        }
        else
        {
            t.Tell($"{Number} {AnimalLook} {Animal}s {Near} the {ThingLook} {Somewhere}. They were ");
            (them, they) = ("them", "they");
        }

        TellMoods(t);
        t.Tell($". {Hero} gave {them} the ");
        _given = t.Pick(Choice.Even(_thing.Text!, _food.Text!)) == 0 ? _thing.Text : _food.Text;
        t.Tell($", and {they} {Did}, {Did} and {Did} {Manner}.");
    }

    private static void TellMoods(Telling t)
    {
        Slot first = new(Mood), second = new(Mood) { Unlike = [first] }, third = new(Mood) { Unlike = [first, second] };
        t.Tell($"{first}, {second} and {third}");
    }

    /// <summary>Things and food other than what the hero has and will be asked for.</summary>
    private void TellGoods(Telling t)
    {
        Slot first = new(Thing) { Unlike = [_thing] }, second = new(Thing) { Unlike = [_thing, first] },
            food = new(Food) { Unlike = [_food] };
        t.Tell($"{Likeness} {first}, {Likeness} {second} and {Number} {food}");
    }
}
