// Regular expressions against System.Text.RegularExpressions: every short text over a small alphabet is allowed by both or by neither.

using System.Text.RegularExpressions;
using GruLM.Generation;

namespace GruLM.Tests;

public sealed class RegexTests
{
    private static readonly string[] s_texts =
        [.. Texts("ab1 _-\n{", 4), "é", "日本", "aé", "\u2028", "\r", "a\r", "aaaaaaa", "a{1", "{a}", "x"];

    [Theory]
    [InlineData("a")]
    [InlineData("")]
    [InlineData("|a")]
    [InlineData("^a|b$")]
    [InlineData("(^a|b$)", false)]
    [InlineData("a*")]
    [InlineData("a+?b??")]
    [InlineData("(ab)+")]
    [InlineData("(?:a|b){2,3}")]
    [InlineData("a{2}")]
    [InlineData("a{2,}")]
    [InlineData("a{0}")]
    [InlineData("(a?){3}")]
    [InlineData("(a*)*")]
    [InlineData("(a+)+b")]
    [InlineData("[ab]")]
    [InlineData("[^ab]")]
    [InlineData("[a-b1]+")]
    [InlineData("[-a]")]
    [InlineData("[a-]")]
    [InlineData("[^-]")]
    [InlineData("[]]", false)]
    [InlineData(@"[\]a]")]
    [InlineData(@"[\w-]+")]
    [InlineData(@"[\d\s]+")]
    [InlineData(@"[^\d\s]+")]
    [InlineData(@"[\D]")]
    [InlineData(@"\d")]
    [InlineData(@"\w+")]
    [InlineData(@"\s")]
    [InlineData(@"\D\W?")]
    [InlineData(@"\S+")]
    [InlineData(".")]
    [InlineData(".+")]
    [InlineData("a.b")]
    [InlineData(@"\.\*")]
    [InlineData(@"\x61\u0062")]
    [InlineData(@"\n|\t|\r")]
    [InlineData("a{")]
    [InlineData("{a}")]
    [InlineData("a{1")]
    [InlineData("a{,2}")]
    [InlineData("é|日本")]
    [InlineData("[é-日]")]
    [InlineData("((a|b)|(1|_))*-")]
    [InlineData(@"a\-b")]
    [InlineData(@"(a|ab)(b|)")]
    public void The_same_texts_fit(string pattern, bool isUnderstood = true)
    {
        if (!isUnderstood)
        {
            Assert.Throws<ArgumentException>(() => TextConstraint.Regex(pattern));
            return;
        }

        var expected = new Regex($@"\A(?:{pattern})\z", RegexOptions.ECMAScript);
        var automaton = new ConstraintAutomaton(TextConstraint.Regex(pattern).Rules, Vocabularies.Bytes, []);
        Assert.All(s_texts, text => Assert.Equal(expected.IsMatch(text), Vocabularies.Allows(automaton, text)));
    }

    [Theory]
    [InlineData("(a", "character 2: a ( is not closed")]
    [InlineData("a)", "a ) closes what was not opened")]
    [InlineData("[a", "a [ is not closed")]
    [InlineData("[]", "an empty class")]
    [InlineData("[b-a]", "from one character up to another")]
    [InlineData(@"[a-\d]", "from one character up to another")]
    [InlineData("[[:alpha:]]", "[:alpha:]")]
    [InlineData("[a-z-[b]]", "taking a class from another")]
    [InlineData("*a", "* has nothing before it")]
    [InlineData("a**", "cannot be repeated again")]
    [InlineData("a++", "a + behind a repetition")]
    [InlineData("a{3,2}", "3 times at least and 2 at most")]
    [InlineData("a{999999999999}", "repetitions are not understood")]
    [InlineData("(?=a)", "(?= is not understood")]
    [InlineData("(?i)a", "(?i is not understood")]
    [InlineData("(?<n>a)", "(?< is not understood")]
    [InlineData(@"\b", @"\b is not understood")]
    [InlineData(@"(a)\1", @"\1 is not understood")]
    [InlineData(@"\p{L}", @"\p is not understood")]
    [InlineData(@"\ud800", @"\u is not understood")]
    [InlineData(@"a\", @"a \ has nothing behind it")]
    [InlineData("a^b", "^ is understood at the beginning")]
    [InlineData("(a$)", "$ is understood at the beginning")]
    [InlineData("((a{500}){500}){500}", "too large")]
    [InlineData("(a{1,1000}){1,1000}", "too large")]
    [InlineData("(((((((a{99999}){99999}){99999}){99999}){99999}){99999}){99999}){0,99999}", "too large")]
    [InlineData("[^\\d\\D]", "no text fits")]
    public void What_is_not_understood_is_named(string pattern, string expected)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => TextConstraint.Regex(pattern));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Groups_that_are_nested_too_deeply_are_an_error_and_no_crash() =>
        Assert.Throws<ArgumentException>(() => TextConstraint.Regex(new string('(', 100_000)));

    [Fact]
    public void Of_a_long_expression_what_is_around_the_place_is_shown()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => TextConstraint.Regex(new string('a', 20_000) + "(?!" + new string('b', 20_000)));
        Assert.StartsWith($"the regular expression '…{new string('a', 39)}(?!", error.Message, StringComparison.Ordinal);
        Assert.Contains("bb…', character 20001: (?! is not understood", error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Message.Length, 80, 250);
    }

    private static IEnumerable<string> Texts(string alphabet, int length) => length == 0
        ? [""]
        : Texts(alphabet, length - 1).SelectMany(text => alphabet.Select(c => text + c)).Concat(Texts(alphabet, length - 1)).Distinct();
}
