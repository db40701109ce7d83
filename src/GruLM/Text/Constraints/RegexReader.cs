// Regular expressions in the usual syntax, as far as they say which texts fit: no looking around, no references back. \d, \w and \s are
// ASCII's, as in ECMAScript.

using GruLM.Generation;

namespace GruLM;

/// <summary>Reads a regular expression.</summary>
internal sealed class RegexReader
{
    private const int MostDepth = 200, MostTimes = 100_000;

    // How much of a long expression messages show on each side of the place.
    private const int MostShown = 40;

    private static readonly CodePointSet s_notInDot = CodePointSet.Single('\n');
    private static readonly GrammarExpression s_anything =
        new GrammarExpression.Repeated(new GrammarExpression.Chars(CodePointSet.All), 0, null);

    private readonly SourceText _text;
    private readonly CodePointSet _dot;
    private readonly bool _isAnywhere;
    private int _depth;

    private RegexReader(string pattern, bool isAnywhere)
    {
        (_text, _isAnywhere) = (new(pattern), isAnywhere);
        CodePointSet not = isAnywhere ? s_notInDot.Union(CodePointSet.Of(('\r', '\r'), (0x2028, 0x2029))) : s_notInDot;
        _dot = not.Complement();
    }

    /// <summary>The texts that it matches whole; with <paramref name="isAnywhere"/> those in which it matches somewhere, unless ^ and $ say
    /// otherwise. Throws <see cref="ArgumentException"/> for what is not understood.</summary>
    public static GrammarExpression Read(string pattern, bool isAnywhere = false)
    {
        var reader = new RegexReader(pattern, isAnywhere);
        GrammarExpression all = reader.Choices();
        return reader._text.Next < 0 ? all : throw reader.Error("a ) closes what was not opened");
    }

    private GrammarExpression Choices()
    {
        if (++_depth > MostDepth) throw Error("groups are nested too deeply");
        List<GrammarExpression> choices = [InOrder()];
        while (_text.TryTake("|")) choices.Add(InOrder());
        _depth--;
        return choices.Count == 1 ? choices[0] : new GrammarExpression.OneOf(choices);
    }

    private GrammarExpression.InOrder InOrder()
    {
        List<GrammarExpression> parts = [];
        bool isBeginning = _depth == 1 && _text.TryTake("^"), isEnd = false;
        while (_text.Next is not (-1 or '|' or ')'))
        {
            isEnd = _depth == 1 && _text.Next == '$' && _text.Ahead(1) is -1 or '|';
            if (isEnd) _text.Take();
            else parts.Add(Times(Atom()));
        }

        if (_isAnywhere && _depth == 1)
        {
            if (!isBeginning) parts.Insert(0, s_anything);
            if (!isEnd) parts.Add(s_anything);
        }

        return new(parts);
    }

    private GrammarExpression Times(GrammarExpression atom)
    {
        (int Least, int? Most)? times = Counted();
        if (times is null)
        {
            times = _text.Next switch
            {
                '*' => (0, null),
                '+' => (1, null),
                '?' => (0, 1),
                _ => null,
            };
            if (times is null) return atom;
            _text.Take();
        }

        // How little or how much is taken does not change which texts fit.
        if (_text.Next == '+') throw Error("a + behind a repetition is not understood");
        _text.TryTake("?");
        if (_text.Next is '*' or '+' or '?' || Counted() is not null)
        {
            throw Error("what is repeated cannot be repeated again; put it in a group");
        }

        return new GrammarExpression.Repeated(atom, times.Value.Least, times.Value.Most);
    }

    // {m}, {m,} or {m,n}; a brace with anything else behind it is a character.
    private (int Least, int? Most)? Counted()
    {
        int before = _text.Place;
        if (_text.TryTake("{") && _text.TakeNumber(MostTimes) is >= 0 and var least)
        {
            int? most = least;
            if (_text.TryTake(",")) most = _text.TakeNumber(MostTimes) is >= 0 and var given ? given : null;
            if (_text.TryTake("}"))
            {
                if (most < least) throw Error($"{least} times at least and {most} at most cannot be");
                if (Math.Max(least, most ?? 0) == MostTimes) throw Error($"more than {MostTimes} repetitions are not understood");
                return (least, most);
            }
        }

        _text.Place = before;
        return null;
    }

    private GrammarExpression Atom()
    {
        int character = _text.Take();
        switch (character)
        {
            case '(':
                return Group();
            case '[':
                return new GrammarExpression.Chars(Class());
            case '.':
                return new GrammarExpression.Chars(_dot);
            case '\\':
                return new GrammarExpression.Chars(Escape(isInClass: false));
            case '^' or '$':
                throw Error($"{(char)character} is understood at the beginning and the end of the whole alone");
            case '*' or '+' or '?':
                throw Error($"{(char)character} has nothing before it to repeat");
            default:
                return new GrammarExpression.Chars(CodePointSet.Single(character));
        }
    }

    private GrammarExpression Group()
    {
        if (_text.Next == '?' && !_text.TryTake("?:"))
        {
            throw Error($"({_text.Since(_text.Place, 2)} is not understood; of groups, ( and (?: are");
        }

        GrammarExpression inside = Choices();
        return _text.TryTake(")") ? inside : throw Error("a ( is not closed");
    }

    private CodePointSet Class()
    {
        bool isNegated = _text.TryTake("^");
        if (_text.Next == ']') throw Error("an empty class [] is not understood; write \\] for a bracket");
        CodePointSet set = CodePointSet.None;
        while (!_text.TryTake("]"))
        {
            if (_text.Next < 0) throw Error("a [ is not closed");
            bool isNamed = _text.Next == '[' && _text.Ahead(1) is ':' or '=' or '.';
            if (isNamed) throw Error("classes by names such as [:alpha:] are not understood");
            if (_text.Next == '-' && _text.Ahead(1) == '[') throw Error("taking a class from another is not understood");
            CodePointSet first = Member();
            if (_text.Next != '-' || _text.Ahead(1) is ']' or -1)
            {
                set = set.Union(first);
                continue;
            }

            _text.Take();
            CodePointSet last = Member();
            if (first.Only < 0 || last.Only < first.Only) throw Error("a range in a class must go from one character up to another");
            set = set.Union(CodePointSet.Of((first.Only, last.Only)));
        }

        return isNegated ? set.Complement() : set;
    }

    private CodePointSet Member()
    {
        if (_text.TryTake("\\")) return Escape(isInClass: true);
        return _text.Next >= 0 ? CodePointSet.Single(_text.Take()) : throw Error("a [ is not closed");
    }

    private CodePointSet Escape(bool isInClass)
    {
        int place = _text.Place, character = _text.Take();
        int value = character switch
        {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'f' => '\f',
            'v' => '\v',
            'b' when isInClass => '\b',
            '0' when _text.Next is < '0' or > '9' => 0,
            'x' => _text.TakeHex(2),
            'u' => _text.TakeHex(4),
            > ' ' and < 0x7F when !char.IsAsciiLetterOrDigit((char)character) => character,
            _ => -1,
        };
        if (value >= 0) return CodePointSet.Single(value);
        CodePointSet? named = character switch
        {
            'd' or 'D' => CodePointSet.Of(('0', '9')),
            'w' or 'W' => CodePointSet.Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')),
            's' or 'S' => CodePointSet.Of(('\t', '\r'), (' ', ' ')),
            _ => null,
        };
        if (named is not null) return character is 'D' or 'W' or 'S' ? named.Complement() : named;
        string shown = _text.Since(place, 1);
        throw Error(shown.Length == 0 ? "a \\ has nothing behind it" : $"\\{shown} is not understood, or not what stands behind it");
    }

    private ArgumentException Error(string what) => new($"the regular expression '{Shown()}', character {_text.Place}: {what}");

    private string Shown()
    {
        int first = Math.Max(_text.Place - MostShown, 0), end = _text.Place + MostShown;
        string before = first > 0 ? "…" : "", behind = _text.Ahead(MostShown) >= 0 ? "…" : "";
        return before + _text.Since(first, end - first) + behind;
    }
}
