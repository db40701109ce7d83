// What a text is taken for, and which recipes come into question for it.
using System.Text;
using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM.Tests;

public sealed class TextProfileTests
{
    [Theory]
    [InlineData("name{0}\n", true)]
    [InlineData("The title of book {0}\n", true)]
    [InlineData("2026-11-27 08:15:{0} status installed some-package:amd64 1.{0}-2 <none> and more of it, up to the end.\n", true)]
    [InlineData("{0}\n", true)]
    [InlineData("KING {0}:\nWhat is the matter, and who are you?\n\n", false)]
    [InlineData("    value{0} = read(line);\n    if (value{0} > 3)\n    {{\n", false)]
    [InlineData("This paragraph number {0} goes on for a while, as they do in books, and is wrapped\nat some column by hand\n\n", false)]
    [InlineData("A sentence a line, the {0}th of them.\n", false)]
    public void Lists_of_short_lines_are_told_from_running_text(string line, bool isList)
    {
        string text = string.Concat(Enumerable.Range(10, 80).Select(i => string.Format(null, line, i)));
        Assert.Equal(isList, TextProfile.Of(Encoding.UTF8.GetBytes(text), SampleKind.Stream).LooksLikeList);
    }

    [Fact]
    public void A_few_lines_are_no_list() =>
        Assert.False(TextProfile.Of(Encoding.UTF8.GetBytes("anna\nemma\nolga\n"), SampleKind.Stream).LooksLikeList);

    [Theory]
    [InlineData(10e3, SampleKind.Stream, null, "page")]
    [InlineData(100e3, SampleKind.Stream, null, "story")]
    [InlineData(300e3, SampleKind.Stream, null, "chapter")]
    [InlineData(1e6, SampleKind.Stream, null, "small tiny")]
    [InlineData(1e6, SampleKind.Stream, ModelType.Char, "shakespeare-char shakespeare-char-quick")]
    [InlineData(10e6, SampleKind.Stream, null, "medium small tiny")]
    [InlineData(100e3, SampleKind.Stream, ModelType.Bpe, "chapter")]
    [InlineData(200e3, SampleKind.Lines, null, "names")]
    [InlineData(200e3, SampleKind.Lines, ModelType.Bpe, "chapter")]
    public void Recipes_come_into_question_by_length_and_kind(double characters, SampleKind samples, ModelType? kind, string recipes)
    {
        var profile = new TextProfile
        {
            Bytes = (long)characters,
            Characters = characters,
            Alphabet = 60,
            Samples = samples,
            BytesOfSample = 8,
            IsTalk = false,
            LooksLikeList = false,
        };
        RecipeStep[] steps = RecipeLadder.For(profile, kind);
        Assert.Equal(recipes.Split(' '), steps.Select(step => step.Recipe.Name));
        Assert.Equal(0, steps[^1].LeastRead);
        if (kind is not null || characters > 600e3) return;
        string talk = samples == SampleKind.Lines ? "answers" : recipes;
        Assert.Equal(talk, string.Join(' ', RecipeLadder.For(profile with { IsTalk = true }, kind).Select(step => step.Recipe.Name)));
    }

    [Fact]
    public void Characters_are_counted_and_not_bytes()
    {
        var profile = TextProfile.Of(Encoding.UTF8.GetBytes(new string('я', 1000)), SampleKind.Stream);
        Assert.Equal((2000, 1000.0), (profile.Bytes, profile.Characters));
    }
}
