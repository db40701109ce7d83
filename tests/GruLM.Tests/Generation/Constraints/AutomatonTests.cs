// The automaton against a plain one: masks token by token, budgets by writing at random, UTF-8 by all characters at the edges of ranges.

using System.Text;
using GruLM.Generation;

namespace GruLM.Tests;

public sealed class AutomatonTests
{
    private const string Letters = "ab{}[]\":,01.-e tünul\\é日🙂";

    private static readonly string[] s_regexes =
    [
        "", "a", "ab*", "(a|b)*a(a|b){3}", "[^a]{2,4}", ".{0,9}", "(ab|a)(bc|c)?", "é|日+|🙂?b", @"(\d\d?\.)*\d", "(a?){5}a{5}", "((a*)*)*b",
        "(|a|ab)(b|)", "[é-日]{1,3}b", @"(a|aa|aaa)+\.",
    ];

    private static readonly string[] s_grammars =
    [
        "root ::= \"a\" root \"b\" | \"a\" root \"e\" | \"\"",
        "root ::= \"a\" root | \"b\"",
        "root ::= x x x\nx ::= \"a\"? y\ny ::= \"b\"?",
        "root ::= v\nv ::= \"{\" (m (\",\" m)*)? \"}\" | \"[\" (v (\",\" v)*)? \"]\" | [0-9]+ | s\n"
            + "m ::= s \":\" v\ns ::= \"\\\"\" [^\"\\\\]* \"\\\"\"",
        "root ::= \"a\" root \"a\" | \"b\" root \"b\" | \"a\" | \"b\" | \"\"", "root ::= (\"a\" (\"b\" root)?){2}",
    ];

    public static TheoryData<string, bool> All => new(
        s_regexes.Select(text => (text, true)).Concat(s_grammars.Select(text => (text, false))));

    [Theory]
    [MemberData(nameof(All))]
    public void Masks_are_those_of_trying_each_piece(string text, bool isRegex)
    {
        TextConstraint constraint = isRegex ? TextConstraint.Regex(text) : TextConstraint.Grammar(text);
        var random = new Random(text.Length);
        for (int round = 0; round < 4; round++)
        {
            byte[]?[] pieces = Vocabularies.Random(random, Letters, allBytes: round % 2 == 0);
            int[] ends = [Array.IndexOf(pieces, null)];
            var trie = new PieceTrie(pieces);
            ConstraintAutomaton automaton = new(constraint.Rules, trie, ends), other = new(constraint.Rules, trie, ends);
            var cursor = new ConstraintCursor(automaton);
            ConstraintState plain = other.Start;
            for (int left = cursor.State.Least + random.Next(12); left > 0; left--)
            {
                bool[] expected = [.. pieces.Select((piece, id) => ends.Contains(id) ? plain.IsComplete : Fits(other, plain, piece, left))];
                ReadOnlySpan<ulong> allowed = cursor.Allowed(left);
                if (allowed.IsEmpty) Assert.DoesNotContain(true, expected);
                int[] fitting = [.. Enumerable.Range(0, pieces.Length).Where(id => expected[id])];
                for (int id = 0; id < pieces.Length && !allowed.IsEmpty; id++)
                {
                    Assert.Equal(expected[id], (allowed[id / 64] >> (id % 64) & 1) == 1);
                }

                if (fitting.Length == 0 || ends.Contains(fitting[random.Next(fitting.Length)])) break;
                int chosen = fitting.Where(id => !ends.Contains(id)).OrderBy(_ => random.Next()).First();
                cursor.Accept(chosen);
                plain = other.Read(plain, pieces[chosen])!;
            }

            Assert.True(cursor.State.Least == 0 || cursor.State.Least > 0);
        }

        static bool Fits(ConstraintAutomaton automaton, ConstraintState state, byte[]? piece, int left) =>
            piece is { Length: > 0 } && automaton.Read(state, piece) is { } next && next.Least < left;
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_budget_that_is_enough_always_gives_a_whole_text(string text, bool isRegex)
    {
        TextConstraint constraint = isRegex ? TextConstraint.Regex(text) : TextConstraint.Grammar(text);
        var random = new Random(3 * text.Length);
        for (int round = 0; round < 60; round++)
        {
            byte[]?[] pieces = Vocabularies.Random(random, Letters, allBytes: round % 2 == 0, count: 40);
            var automaton = new ConstraintAutomaton(constraint.Rules, new PieceTrie(pieces), []);
            var cursor = new ConstraintCursor(automaton);
            int left = cursor.State.Least + random.Next(9);
            List<byte> written = [];
            for (; left > 0; left--)
            {
                ReadOnlySpan<ulong> allowed = cursor.Allowed(left);
                if (allowed.IsEmpty) break;
                List<int> ids = [];
                for (int id = 0; id < pieces.Length; id++)
                {
                    if ((allowed[id / 64] >> (id % 64) & 1) == 1) ids.Add(id);
                }

                int chosen = ids[random.Next(ids.Count)];
                written.AddRange(pieces[chosen]!);
                cursor.Accept(chosen);
            }

            Assert.True(cursor.IsComplete);
            Assert.True(Vocabularies.Allows(constraint, new UTF8Encoding(false, true).GetString([.. written])));
        }
    }

    [Fact]
    public void Characters_are_written_as_UTF8()
    {
        var random = new Random(5);
        int[] edges = [0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x3FFFF, 0x40000, 0x10FFFF, 0xBF, 0xC0, 0xFFF, 0x1000];
        for (int round = 0; round < 60; round++)
        {
            var set = CodePointSet.Of(Enumerable.Range(0, random.Next(1, 4)).Select(_ => Range()));
            var automaton = new ConstraintAutomaton(
                new ConstraintGrammar([new GrammarRule("r", "", new GrammarExpression.Chars(set))]), Vocabularies.Bytes, []);
            int[] near = [.. set.Ranges.SelectMany(range => (int[])[range.First, range.First - 1, range.Last, range.Last + 1]), .. edges];
            IEnumerable<Rune> runes = near.Where(Rune.IsValid).Select(c => new Rune(c));
            Assert.All(runes, rune => Assert.Equal(set.Contains(rune.Value), Vocabularies.Allows(automaton, rune.ToString())));
            Assert.Equal(set.Ranges, set.Complement().Complement().Ranges);
        }

        foreach (string wrong in (string[])["ED A0 80", "C0 80", "F4 90 80 80", "80", "E0 80 80", "FF"])
        {
            byte[] bytes = Convert.FromHexString(wrong.Replace(" ", ""));
            var automaton = new ConstraintAutomaton(TextConstraint.Regex(@"[\d\D]*").Rules, Vocabularies.Bytes, []);
            Assert.Null(automaton.Read(automaton.Start, bytes));
        }

        (int, int) Range()
        {
            int first = edges[random.Next(edges.Length)], last = edges[random.Next(edges.Length)];
            return (Math.Min(first, last), Math.Max(first, last));
        }
    }

    [Fact]
    public void A_grammar_of_many_readings_stays_small()
    {
        ConstraintAutomaton many = new(TextConstraint.Grammar(s_grammars[0]).Rules, Vocabularies.Bytes, []);
        ConstraintState state = many.Start;
        for (int i = 0; i < 1000; i++)
        {
            state = many.Read(state, "a"u8)!;
            Assert.InRange(state.Places.Length, 1, 8);
            Assert.Equal(i + 1, state.Least);
        }

        // A list that goes on by its own end keeps no stack.
        ConstraintAutomaton list = new(TextConstraint.Grammar("root ::= [a-z] \",\" root | [a-z]").Rules, Vocabularies.Bytes, []);
        ConstraintState once = list.Read(list.Start, "a,"u8)!;
        Assert.Same(once, list.Read(list.Read(once, "b,c,d,"u8)!, "e,"u8));
    }

    [Fact]
    public void What_is_kept_is_bounded_and_held_states_go_on_working()
    {
        ConstraintAutomaton automaton = new(TextConstraint.Regex("(a|b)*a(a|b){16}!").Rules, Vocabularies.Bytes, []);
        var random = new Random(1);
        ConstraintState held = automaton.Read(automaton.Start, "ab"u8)!, state = automaton.Start;
        Assert.NotNull(automaton.MaskOf(held));
        for (int i = 0; i < 100_000; i++) state = automaton.Read(state, [(byte)(random.Next(2) == 0 ? 'a' : 'b')])!;
        Assert.True(automaton.Read(held, "bbbbbbbbbbbbbbb!"u8) is { IsComplete: true });
        Assert.Null(automaton.Read(held, "bbbbbbbbbbbbbbbb!"u8));
        var cursor = new ConstraintCursor(automaton, held);
        Assert.Equal(1ul, cursor.Allowed(16)['b' / 64] >> ('b' % 64) & 1);
    }

    [Fact]
    public void A_character_without_a_piece_is_never_begun_and_asking_for_it_is_an_error()
    {
        var trie = new PieceTrie([.. "ab\"".Select(c => (byte[]?)[(byte)c]), "é"u8.ToArray(), [0xC3]]);
        var automaton = new ConstraintAutomaton(TextConstraint.Regex("a[bü]b|a日|aé").Rules, trie, []);
        var cursor = new ConstraintCursor(automaton);
        cursor.Accept(0);
        Assert.Equal(0b01010ul, cursor.Allowed(9)[0]);
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => new ConstraintAutomaton(TextConstraint.Regex("aü").Rules, trie, []));
        Assert.Contains("cannot write", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_least_number_of_tokens_counts_long_pieces()
    {
        var trie = new PieceTrie([.. Vocabularies.Bytes.Pieces, "\"name\""u8.ToArray(), "name"u8.ToArray(), "é"u8.ToArray()]);
        Assert.Equal(3, new ConstraintAutomaton(TextConstraint.Regex("\"name\":é").Rules, trie, []).Start.Least);
        Assert.Equal(2, new ConstraintAutomaton(TextConstraint.Regex("[ü]").Rules, trie, []).Start.Least);
        var automaton = new ConstraintAutomaton(TextConstraint.Regex("a{70000}|b").Rules, Vocabularies.Bytes, []);
        Assert.Equal(1, automaton.Start.Least);
        Assert.Throws<ArgumentException>(() => new ConstraintAutomaton(TextConstraint.Regex("a{70000}").Rules, Vocabularies.Bytes, []));
    }
}
