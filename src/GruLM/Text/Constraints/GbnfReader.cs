// Grammars in GBNF as llama.cpp reads them: rules, alternatives, groups, repetitions, classes of characters, escapes, comments. Rules that
// are defined twice and those that are not defined are errors; so are tokens by their names or numbers.
// Source: llama.cpp, grammars/README.md.

using System.Text;
using GruLM.Generation;

namespace GruLM;

/// <summary>Reads a grammar.</summary>
internal sealed class GbnfReader
{
    private const int MostDepth = 200, MostTimes = 100_000;
    private const string Root = "root";

    private readonly SourceText _text;
    private readonly List<string> _names = [Root];

    // What each rule says, and its line; a rule that was only spoken of has the line where that was first.
    private readonly List<GrammarExpression?> _says = [null];
    private readonly List<int> _lines = [0];
    private string _rule = "";
    private int _depth;

    private GbnfReader(string gbnf) => _text = new(gbnf);

    /// <summary>The rules, the root first. Throws <see cref="ArgumentException"/>, which names line and rule, for what is no
    /// grammar.</summary>
    public static IReadOnlyList<GrammarRule> Read(string gbnf)
    {
        var reader = new GbnfReader(gbnf.StartsWith('\uFEFF') ? gbnf[1..] : gbnf);
        reader.Space(acrossLines: true);
        while (reader._text.Next >= 0) reader.Rule();
        return reader.Rules();
    }

    private List<GrammarRule> Rules()
    {
        if (_says[0] is null) throw new ArgumentException("the grammar has no rule 'root', which says what a text is; add root ::= …");
        if (_says.IndexOf(null) is >= 0 and var missing)
        {
            throw new ArgumentException($"line {_lines[missing]}: there is no rule '{_names[missing]}'; add {_names[missing]} ::= …");
        }

        return [.. _names.Select((name, i) => new GrammarRule($"rule '{name}'", $"line {_lines[i]}: ", _says[i]!))];
    }

    private void Rule()
    {
        int line = _text.Line;
        string name = Name() ?? throw Error($"'{Shown()}' is not expected; a rule begins with a name of letters, digits and dashes");
        _rule = name;
        int number = NumberOf(name, line);
        Space(acrossLines: false);
        if (!_text.TryTake("::=")) throw Error("::= is expected behind the name of a rule");
        if (_says[number] is not null) throw Error($"it was defined before, in line {_lines[number]}; leave one of the two out");
        _lines[number] = line;
        Space(acrossLines: true);
        _says[number] = Choices(isNested: false);
        if (_text.Next is not (-1 or '\r' or '\n')) throw Error($"'{Shown()}' is not expected");
        Space(acrossLines: true);
        _rule = "";
    }

    private int NumberOf(string name, int line)
    {
        int number = _names.IndexOf(name);
        if (number > 0 || (number == 0 && _lines[0] > 0)) return number;
        if (number < 0)
        {
            number = _names.Count;
            _names.Add(name);
            _says.Add(null);
            _lines.Add(0);
        }

        _lines[number] = line;
        return number;
    }

    private GrammarExpression Choices(bool isNested)
    {
        if (++_depth > MostDepth) throw Error("groups are nested too deeply");
        List<GrammarExpression> choices = [InOrder(isNested)];
        while (_text.TryTake("|"))
        {
            Space(acrossLines: true);
            choices.Add(InOrder(isNested));
        }

        _depth--;
        return choices.Count == 1 ? choices[0] : new GrammarExpression.OneOf(choices);
    }

    private GrammarExpression.InOrder InOrder(bool isNested)
    {
        List<GrammarExpression> parts = [];
        while (Symbol(isNested) is { } symbol)
        {
            Space(isNested);
            parts.Add(Times(symbol, isNested));
        }

        return new(parts);
    }

    // A text, a class, a group or a rule; null where none begins.
    private GrammarExpression? Symbol(bool isNested)
    {
        int line = _text.Line;
        if (_text.TryTake("\"")) return new GrammarExpression.InOrder([.. Quoted()]);
        if (_text.TryTake("[")) return new GrammarExpression.Chars(Class());
        if (_text.TryTake(".")) return new GrammarExpression.Chars(CodePointSet.All);
        if (_text.TryTake("("))
        {
            Space(acrossLines: true);
            GrammarExpression inside = Choices(isNested: true);
            if (_text.TryTake(")")) return inside;
            throw _text.Next < 0 ? Error("a ( is not closed", line) : Error($"'{Shown()}' is not expected");
        }

        if (_text.Next is '<' or '!') throw Error("tokens by their names or numbers are not understood; write the text of the token");
        return Name() is { } name ? new GrammarExpression.Rule(NumberOf(name, line)) : null;
    }

    private GrammarExpression Times(GrammarExpression symbol, bool isNested)
    {
        while (true)
        {
            (int Least, int? Most)? times = _text.Next switch
            {
                '*' => (0, null),
                '+' => (1, null),
                '?' => (0, 1),
                '{' => Counted(isNested),
                _ => null,
            };
            if (times is not { } given) return symbol;
            _text.Take();
            Space(isNested);
            symbol = new GrammarExpression.Repeated(symbol, given.Least, given.Most);
        }
    }

    // {m}, {m,}, {m,n} or {,n}, up to the closing brace.
    private (int Least, int? Most) Counted(bool isNested)
    {
        int line = _text.Line;
        _text.Take();
        Space(isNested);
        int least = _text.TakeNumber(MostTimes);
        if (least < 0 && _text.Next != ',') throw Error($"a number is expected behind {{, not '{Shown()}'");
        Space(isNested);
        int? most = least;
        if (_text.TryTake(","))
        {
            Space(isNested);
            most = _text.TakeNumber(MostTimes) is >= 0 and var given ? given : null;
            Space(isNested);
        }

        least = Math.Max(least, 0);
        if (_text.Next != '}') throw Error("a { is not closed", line);
        if (most < least) throw Error($"{least} times at least and {most} at most cannot be");
        return Math.Max(least, most ?? 0) < MostTimes ? (least, most) : throw Error($"{MostTimes} repetitions and more are not understood");
    }

    private IEnumerable<GrammarExpression> Quoted()
    {
        // Where it begins: it may well end at another one's beginning.
        int line = _text.Line;
        while (!_text.TryTake("\""))
        {
            if (_text.Next < 0) throw Error("a \" is not closed", line);
            yield return new GrammarExpression.Chars(CodePointSet.Single(Character()));
        }
    }

    private CodePointSet Class()
    {
        int line = _text.Line;
        bool isNegated = _text.TryTake("^");
        List<(int, int)> ranges = [];
        while (!_text.TryTake("]"))
        {
            if (_text.Next < 0) throw Error("a [ is not closed", line);
            int first = Character(), last = first;
            if (_text.Next == '-' && _text.Ahead(1) != ']')
            {
                _text.Take();
                if (_text.Next < 0) throw Error("a [ is not closed", line);
                last = Character();
            }

            if (last < first) throw Error("a range in a class must go from one character up to another");
            ranges.Add((first, last));
        }

        var set = CodePointSet.Of(ranges);
        return isNegated ? set.Complement() : set;
    }

    private int Character()
    {
        int character = _text.Take();
        if (character != '\\') return character;
        character = _text.Take();
        int value = character switch
        {
            'x' => _text.TakeHex(2),
            'u' => _text.TakeHex(4),
            'U' => _text.TakeHex(8),
            't' => '\t',
            'r' => '\r',
            'n' => '\n',
            '\\' or '"' or '[' or ']' => character,
            _ => -1,
        };
        if (value >= 0) return value;
        string shown = character < 0 ? "" : new Rune(character).ToString();
        throw Error($"the escape \\{shown} is not understood, or not what stands behind it");
    }

    private string? Name()
    {
        int begin = _text.Place;
        while (_text.Next is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '-') _text.Take();
        return _text.Place > begin ? _text.Since(begin, _text.Place - begin) : null;
    }

    private void Space(bool acrossLines)
    {
        while (true)
        {
            switch (_text.Next)
            {
                case ' ' or '\t':
                case '\r' or '\n' when acrossLines:
                    _text.Take();
                    break;
                case '#':
                    while (_text.Next is not (-1 or '\r' or '\n')) _text.Take();
                    break;
                default:
                    return;
            }
        }
    }

    private string Shown() => _text.Next switch
    {
        -1 => "the end",
        '\r' or '\n' => "the end of the line",
        _ => _text.Since(_text.Place, 1),
    };

    private ArgumentException Error(string what) => Error(what, _text.Line);

    private ArgumentException Error(string what, int line)
    {
        string rule = _rule.Length > 0 ? $", rule '{_rule}'" : "";
        return new($"line {line}{rule}: {what}");
    }
}
