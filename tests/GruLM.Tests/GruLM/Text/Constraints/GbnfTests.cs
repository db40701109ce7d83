// Grammars in GBNF: the usual kinds, written for these tests, and what is wrong with a grammar in a line that names it.

using GruLM.Generation;

namespace GruLM.Tests;

public sealed class GbnfTests
{
    private const string List = """
        # Points of a list, a line each.
        root ::= item+
        item ::= "- " [^\r\n\x0b\x0c\x85\u2028\u2029]+ "\n"
        """;

    private const string Arithmetic = """
        root  ::= (expr "=" ws term "\n")+
        expr  ::= term ([-+*/] term)*
        term  ::= ident | num | "(" ws expr ")" ws
        ident ::= [a-z] [a-z0-9_]* ws
        num   ::= [0-9]+ ws
        ws    ::= [ \t\n]*
        """;

    private const string Json = """
        root   ::= object
        value  ::= object | array | string | number | ("true" | "false" | "null") ws
        object ::=
          "{" ws (
            string ":" ws value
            ("," ws string ":" ws value)*
          )? "}" ws
        array  ::= "[" ws ( value ("," ws value)* )? "]" ws
        string ::=
          "\"" (
            [^"\\\x7F\x00-\x1F] |
            "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) # escapes
          )* "\"" ws
        number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
        ws ::= | " " | "\n" [ \t]{0,20}
        """;

    private const string Chess = """
        root ::= "1. " move " " move "\n" ([1-9] [0-9]? ". " move " " move "\n")+
        move ::= (pawn | nonpawn | castle) [+#]?
        pawn ::= ([a-h] "x")? [a-h] [1-8] ("=" [NBKQR])?
        nonpawn ::= [NBKQR] [a-h]? [1-8]? "x"? [a-h] [1-8]
        castle ::= "O-O" "-O"?
        """;

    [Theory]
    [InlineData(List, "- a\n", true)]
    [InlineData(List, "- é 日\n- 🙂\n", true)]
    [InlineData(List, "- \n", false)]
    [InlineData(List, "- a\u2028\n", false)]
    [InlineData(List, "- a", false)]
    [InlineData(Arithmetic, "a+1=2\n", true)]
    [InlineData(Arithmetic, "(a1 *(3 -b))/2= 7\nx=y\n", true)]
    [InlineData(Arithmetic, "(a=2\n", false)]
    [InlineData(Arithmetic, "a+=2\n", false)]
    [InlineData(Json, """{"a": [1, -2.5e+3, {}], "é\u00e9\n":null}""", true)]
    [InlineData(Json, "{}", true)]
    [InlineData(Json, "{\"a\":\n \t\"\"}", true)]
    [InlineData(Json, """{"a":01}""", false)]
    [InlineData(Json, """{"a":1,}""", false)]
    [InlineData(Json, "[]", false)]
    [InlineData(Chess, "1. e4 e5\n2. Nf3 Nc6\n3. O-O-O exd8=Q#\n", true)]
    [InlineData(Chess, "1. e4 e5\n", false)]
    [InlineData(Chess, "1. e9 e5\n2. a1 a2\n", false)]
    [InlineData("root ::= \"a\"\r\n  # a note\r\n", "a", true)]
    [InlineData("root ::= a |\n  b\na ::= \"x\" # one\nb ::= \"y\"", "y", true)]
    [InlineData("\uFEFFroot::=.", "\n", true)]
    [InlineData("root ::= .", "🙂", true)]
    [InlineData("root ::= .", "🙂a", false)]
    [InlineData("""root ::= "\x41\u00e9\U0001F642\t\\\"\[\]" """, "Aé🙂\t\\\"[]", true)]
    [InlineData("""root ::= [\]\[\-]""", "]", false, false)]
    [InlineData("""root ::= [\]\[a-]+""", "]-[a", true)]
    [InlineData("root ::= \"ab\"*", "abab", true)]
    [InlineData("root ::= \"ab\"*", "abb", false)]
    [InlineData("root ::= [a-c]{2,3} \"x\"{,1} \"y\"{ 2 } \"z\"{1,}", "abcxyyzz", true)]
    [InlineData("root ::= [a-c]{2,3} \"x\"{,1} \"y\"{ 2 } \"z\"{1,}", "axyyzz", false)]
    [InlineData("root ::= \"a\"?*", "aaa", true)]
    [InlineData("root ::= \"a\" | ", "", true)]
    [InlineData("root ::= ()", "", true)]
    public void Texts_fit_or_not(string grammar, string text, bool fits, bool isGrammar = true)
    {
        if (isGrammar) Assert.Equal(fits, Vocabularies.Allows(TextConstraint.Grammar(grammar), text));
        else Assert.Throws<ArgumentException>(() => TextConstraint.Grammar(grammar));
    }

    [Theory]
    [InlineData("", "no rule 'root'")]
    [InlineData("a ::= \"b\"", "no rule 'root'")]
    [InlineData("root = \"a\"", "line 1, rule 'root': ::= is expected")]
    [InlineData("root ::= \"a\"\n\nroot ::= \"b\"", "line 3, rule 'root': it was defined before, in line 1")]
    [InlineData("root ::= \"a\"\n  b", "line 2, rule 'b': ::= is expected")]
    [InlineData("root ::= a\nb ::= \"x\"", "line 1: there is no rule 'a'")]
    [InlineData("root ::= \"a", "line 1, rule 'root': a \" is not closed")]
    [InlineData("root ::= a\na ::= \"x\nb ::= y\n\n", "line 2, rule 'a': a \" is not closed")]
    [InlineData("root ::= [a\n\n", "line 1, rule 'root': a [ is not closed")]
    [InlineData("root ::=\n(\"a\"\n\n", "line 2, rule 'root': a ( is not closed")]
    [InlineData("root ::= (\"a\"{1\n\n", "line 1, rule 'root': a { is not closed")]
    [InlineData("root ::= [a", "a [ is not closed")]
    [InlineData("root ::= [b-a]", "from one character up to another")]
    [InlineData("root ::= (\"a\"", "a ( is not closed")]
    [InlineData("root ::= \"a\")", "')' is not expected")]
    [InlineData("root ::= \"a\"{", "a number is expected behind {")]
    [InlineData("root ::= \"a\"{1", "a { is not closed")]
    [InlineData("root ::= \"a\"{3,2}", "3 times at least and 2 at most")]
    [InlineData("root ::= \"a\"{100000}", "repetitions and more")]
    [InlineData("root ::= \"\\q\"", "the escape \\q is not understood")]
    [InlineData("root ::= \"\\ud800\"", "the escape \\u is not understood")]
    [InlineData("root ::= <think>", "tokens by their names")]
    [InlineData("root ::= *", "'*' is not expected")]
    [InlineData("root ::= a\na ::= b \"x\"\nb ::= a | \"y\"", "left-recursive")]
    [InlineData("root ::= \"x\" list\nlist ::= list \",\" \"a\" | \"a\"", "line 2: rule 'list' is left-recursive")]
    [InlineData("root ::= a\na ::= \"\" a \"x\" | \"y\"", "line 2: rule 'a' is left-recursive")]
    [InlineData("root ::= a\na ::= [x]* a | \"y\"", "line 2: rule 'a' is left-recursive")]
    [InlineData("root ::= \"a\" b\nb ::= \"(\" b \")\"", "line 2: no text fits: whatever way is taken, rule 'b'")]
    [InlineData("root ::= []", "line 1: no text fits")]
    [InlineData("root ::= (a{9999}){9999}\na ::= \"x\"", "line 1: rule 'root' is too large")]
    public void What_is_wrong_is_named(string grammar, string expected)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => TextConstraint.Grammar(grammar));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Groups_that_are_nested_too_deeply_are_an_error_and_no_crash() =>
        Assert.Throws<ArgumentException>(() => TextConstraint.Grammar("root ::= " + new string('(', 100_000)));

    [Fact]
    public void Deeply_nested_texts_are_no_trouble()
    {
        var automaton = new ConstraintAutomaton(TextConstraint.Grammar(Json).Rules, Vocabularies.Bytes, []);
        string deep = string.Concat(Enumerable.Repeat("{\"a\":[", 5_000)) + string.Concat(Enumerable.Repeat("]}", 5_000));
        Assert.True(Vocabularies.Allows(automaton, deep));
        Assert.False(Vocabularies.Allows(automaton, deep + "}"));
    }
}
