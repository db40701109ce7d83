// The texts of numbers within bounds: an optional minus, at most fifteen digits before the point and as many behind it, no exponent. They
// are compared with the bounds digit by digit, so that a bound holds exactly.

using GruLM.Generation;

namespace GruLM;

/// <summary>Writes bounds of numbers as graphs of digits.</summary>
internal sealed class NumberTexts
{
    /// <summary>Digits before the point at most, and behind it.</summary>
    public const int MostDigits = 15;

    private readonly Dictionary<State, int> _numbers = [];
    private readonly Queue<State> _next = new();
    private readonly List<GrammarExpression.GraphEdge> _edges = [];
    private readonly List<int> _ends = [];
    private readonly DecimalBound? _least;
    private readonly DecimalBound? _most;
    private readonly bool _isWhole;

    private NumberTexts(DecimalBound? least, DecimalBound? most, bool isWhole) => (_least, _most, _isWhole) = (least, most, isWhole);

    private enum Part
    {
        Begin,
        Zero,
        Whole,
        Point,
        Fraction,
    }

    /// <summary>The numbers from <paramref name="least"/> to <paramref name="most"/>, whole ones or all; null where there are
    /// none.</summary>
    public static GrammarExpression? Between(DecimalBound? least, DecimalBound? most, bool isWhole)
    {
        // Below zero the texts are a minus and what its opposite would be; zero itself has none.
        List<GrammarExpression> ways = [];
        DecimalBound zero = new("", "", false, IsExcluded: true);
        if (most is not { IsNegative: true } && Magnitudes(least is { IsNegative: true } ? null : least, most, isWhole) is { } above)
        {
            ways.Add(above);
        }

        bool isBelow = least is null or { IsNegative: true };
        DecimalBound smallest = most is { IsNegative: true } ? most.Opposite : zero;
        if (isBelow && Magnitudes(smallest, least?.Opposite, isWhole) is { } below)
        {
            ways.Add(new GrammarExpression.InOrder([GrammarExpression.Text("-"), below]));
        }

        return ways.Count == 0 ? null : new GrammarExpression.OneOf(ways);
    }

    private static GrammarExpression.Graph? Magnitudes(DecimalBound? least, DecimalBound? most, bool isWhole) =>
        new NumberTexts(least, most, isWhole).Magnitudes();

    private GrammarExpression.Graph? Magnitudes()
    {
        Number(new(Part.Begin, 0, _least is null ? 1 : 0, _most is null ? -1 : 0));
        while (_next.TryDequeue(out State state)) Add(state);
        return _ends.Count == 0 ? null : new(_numbers.Count, _edges, _ends);
    }

    private int Number(State state)
    {
        if (_numbers.TryGetValue(state, out int number)) return number;
        _numbers[state] = number = _numbers.Count;
        _next.Enqueue(state);
        return number;
    }

    private void Add(State state)
    {
        int from = _numbers[state];
        if (CanEnd(state)) _ends.Add(from);
        switch (state.Part)
        {
            case Part.Begin:
                Edge(from, '0', state with { Part = Part.Zero });
                AddDigits(from, '1', state with { Part = Part.Whole });
                break;
            case Part.Whole when state.Digits < MostDigits:
                AddDigits(from, '0', state);
                break;
            case Part.Point or Part.Fraction when state.Digits < MostDigits:
                AddDigits(from, '0', state with { Part = Part.Fraction });
                break;
        }

        if (_isWhole || state.Part is not (Part.Zero or Part.Whole)) return;
        State whole = Whole(state);
        if (whole is not ({ ToLeast: < 0 } or { ToMost: > 0 })) Edge(from, '.', whole with { Part = Part.Point, Digits = 0 });
    }

    // Digits that lead to the same state share an edge.
    private void AddDigits(int from, char first, State state)
    {
        IEnumerable<IGrouping<State, int>> targets = Enumerable.Range(first, '9' - first + 1).GroupBy(digit => Behind(state, digit));
        foreach (IGrouping<State, int> group in targets)
        {
            var set = CodePointSet.Of(group.Select(digit => (digit, digit)));
            _edges.Add(new(from, new GrammarExpression.Chars(set), Number(group.Key)));
        }
    }

    private void Edge(int from, char character, State state) =>
        _edges.Add(new(from, new GrammarExpression.Chars(CodePointSet.Single(character)), Number(state)));

    private static State Behind(State state, int digit, DecimalBound? least, DecimalBound? most)
    {
        int at = state.Digits;
        bool isFraction = state.Part == Part.Fraction;
        return state with
        {
            Digits = at + 1,
            ToLeast = least is null || state.ToLeast != 0 ? state.ToLeast : digit.CompareTo(least.Digit(at, isFraction)),
            ToMost = most is null || state.ToMost != 0 ? state.ToMost : digit.CompareTo(most.Digit(at, isFraction)),
        };
    }

    private State Behind(State state, int digit) => Behind(state, digit, _least, _most);

    // How the digits before the point compare, now that all are known: fewer are less, whatever they are.
    private State Whole(State state) => state with
    {
        ToLeast = _least is null ? state.ToLeast : ByLength(state.Digits, _least, state.ToLeast),
        ToMost = _most is null ? state.ToMost : ByLength(state.Digits, _most, state.ToMost),
    };

    private static int ByLength(int digits, DecimalBound bound, int compared) =>
        digits != bound.Whole.Length ? digits.CompareTo(bound.Whole.Length) : compared;

    private bool CanEnd(State state)
    {
        if (state.Part is Part.Begin or Part.Point) return false;
        int fraction = 0;
        if (state.Part == Part.Fraction) fraction = state.Digits;
        else state = Whole(state);

        // What the bound has behind the last digit is not zero.
        int toLeast = _least is not null && state.ToLeast == 0 && _least.Fraction.Length > fraction ? -1 : state.ToLeast;
        int toMost = _most is not null && state.ToMost == 0 && _most.Fraction.Length > fraction ? -1 : state.ToMost;
        return (toLeast > 0 || (toLeast == 0 && !_least!.IsExcluded)) && (toMost < 0 || (toMost == 0 && !_most!.IsExcluded));
    }

    // Digits of the part so far, and how the number compares with the bounds as far as it is written.
    private readonly record struct State(Part Part, int Digits, int ToLeast, int ToMost);
}
