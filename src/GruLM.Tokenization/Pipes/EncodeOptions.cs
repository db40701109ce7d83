// How a pipe cuts its lines and what it writes for each. Which settings go together with which kind of model is checked here, before
// anything is read.
namespace GruLM.Tokenization;

/// <summary>How lines are encoded. Immutable.</summary>
public sealed record EncodeOptions
{
    private const int MostBest = 1024, MostBestToDrawFrom = 512;

    /// <summary>What is written for a line.</summary>
    public EncodedForm Form { get; init; }

    /// <summary>Whether input lines are JSON objects with the field <c>text</c>; otherwise each is a text.</summary>
    public bool JsonLines { get; init; }

    /// <summary>How many cuts a line gives, best first, from 1 to 1024; more than one needs a unigram model. With
    /// <see cref="SamplingSeed"/>: how many best ones a cut is drawn from, up to 512, or -1 to draw from all. Null: 1, or -1.</summary>
    public int? NBest { get; init; }

    /// <summary>Seed of cuts at random, which need a unigram or BPE model; null for the best cut.</summary>
    public uint? SamplingSeed { get; init; }

    /// <summary>For cuts at random, how strongly better ones are preferred; with BPE the share of merges left out.</summary>
    public float Alpha { get; init; } = 0.5f;

    /// <summary>Steps after encoding, as <see cref="Tokenization.ExtraOptions.Parse"/> reads them; empty for none.</summary>
    public string ExtraOptions { get; init; } = "";

    /// <summary><see cref="NBest"/>, with nothing left open.</summary>
    internal int Cuts => NBest ?? (SamplingSeed is null ? 1 : -1);

    /// <summary>Throws for what makes no sense with any tokenizer.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public void Validate()
    {
        if (SamplingSeed is null && NBest is < 1 or > MostBest)
        {
            throw new ArgumentException($"'NBest' {NBest}: without 'SamplingSeed' a number from 1 to {MostBest} was expected");
        }

        if (SamplingSeed is not null && NBest is < -1 or > MostBestToDrawFrom)
        {
            throw new ArgumentException($"'NBest' {NBest}: with 'SamplingSeed' a number from -1 to {MostBestToDrawFrom} was expected");
        }
    }

    /// <summary>Throws for what makes no sense with this tokenizer too.</summary>
    internal void Validate(Tokenizer tokenizer)
    {
        Validate();
        ModelType type = tokenizer.Model.ModelType;
        string kind = type.ToString().ToLowerInvariant();
        if (SamplingSeed is not null && type is ModelType.Char or ModelType.Word)
        {
            throw new ArgumentException($"'SamplingSeed': a {kind} model has one cut only; random cuts need a unigram or BPE model");
        }

        if (SamplingSeed is null && Cuts > 1 && type != ModelType.Unigram)
        {
            throw new ArgumentException($"'NBest': a {kind} model gives one cut only; the n best need a unigram model");
        }
    }
}
