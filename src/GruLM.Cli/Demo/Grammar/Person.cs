// A person of a story: a name, and the pronouns that follow from it.
namespace GruLM.Cli.Demo;

/// <summary>A person: a slot for the name, with the pronouns that agree with it.</summary>
internal sealed class Person : Slot
{
    public Person(params Slot[] unlike)
        : base(SampleWords.Names) => Unlike = unlike;

    /// <summary>"girl" or "boy".</summary>
    public string Child => IsGirl ? "girl" : "boy";

    /// <summary>"She" or "He".</summary>
    public string She => IsGirl ? "She" : "He";

    /// <summary>"her" or "him".</summary>
    public string Her => IsGirl ? "her" : "him";

    /// <summary>"her" or "his".</summary>
    public string Hers => IsGirl ? "her" : "his";

    private bool IsGirl => SampleWords.GirlNames.Contains(Text ?? throw new InvalidOperationException("the person has no name yet"));
}
