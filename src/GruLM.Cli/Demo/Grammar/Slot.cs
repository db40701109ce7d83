// A word of a story that stands in it several times, such as the thing that the hero has: chosen once, the same ever after.
namespace GruLM.Cli.Demo;

/// <summary>A word of a story that is chosen where it is first told and only repeated afterwards.</summary>
internal class Slot(Choice choice)
{
    /// <summary>What it is chosen from; may be narrowed until it is told.</summary>
    public Choice Choice { get; set; } = choice;

    /// <summary>What it must differ from: slots told before.</summary>
    public Slot[] Unlike { get; set; } = [];

    /// <summary>The chosen text; null until the slot is told.</summary>
    public string? Text { get; private set; }

    /// <summary>Tells the slot: chooses its text at the first time, repeats it afterwards.</summary>
    public void Tell(Telling telling)
    {
        if (Text is null)
        {
            string[] excluded = [.. Unlike.Where(other => other.Text is not null).Select(other => other.Text!)];
            Text = Choice.Texts[telling.Pick(Choice, excluded)];
        }
        else
        {
            telling.Say(Text);
        }
    }
}
