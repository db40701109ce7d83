// All ways to cut a text, as a lattice over characters, and what can be asked of it: the best path, marginals, entropy. The n best paths
// and random ones are found by PathSearch and PathSampler. Sums are in single precision in a fixed order, as the reference's are, because
// trained scores and n-best ties depend on every rounding. What the reference computes for each node but depends on the node's position
// alone is computed once a position here; the bits are the same. Hot methods are optimised at once: a training is over before tiered
// compilation would have noticed them.
// Source: Kudo 2018; SentencePiece's lattice.
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>A lattice of pieces over the characters of one text. Reused from text to text.</summary>
internal sealed class Lattice
{
    /// <summary>The node that stands before the text.</summary>
    public const int Bos = 0;

    // Nodes in the order of creation: the begin node first, then by start and within a start as inserted.
    private int[] _starts = new int[64], _ends = new int[64], _ids = new int[64], _previous = new int[64];
    private float[] _scores = new float[64], _backtrace = new float[64];
    private int _count;

    // For each character position: its byte offset, its first node, and the list of nodes that end there (in order of creation).
    private int[] _offsets = new int[64], _firstNode = new int[64], _endHead = new int[64], _endTail = new int[64];
    private int[] _nextEnd = new int[64];
    private float[] _alpha = new float[64], _beta = new float[64];

    /// <summary>How many characters the text has.</summary>
    public int Length { get; private set; }

    /// <summary>A node's piece; -1 for the begin node.</summary>
    public int IdOf(int node) => _ids[node];

    /// <summary>A node's score.</summary>
    public float ScoreOf(int node) => _scores[node];

    /// <summary>The byte range a node covers.</summary>
    public (int Begin, int End) BytesOf(int node) => (_offsets[_starts[node]], _offsets[_ends[node]]);

    /// <summary>Where a node begins, in characters.</summary>
    public int StartOf(int node) => _starts[node];

    /// <summary>The first node created of those that end at a position; -1 where there is none.</summary>
    public int FirstEnding(int position) => _endHead[position];

    /// <summary>The next node that ends where this one does; -1 after the last.</summary>
    public int NextEnding(int node) => _nextEnd[node];

    /// <summary>The best score of a path that ends with a node, once <see cref="FillBacktrace"/> has run.</summary>
    public float BacktraceOf(int node) => _backtrace[node];

    /// <summary>The log sum of all paths to a position, once <see cref="Forward"/> has run.</summary>
    public float AlphaAt(int position) => _alpha[position];

    /// <summary>The log sum of all paths to a node's start, once <see cref="Forward"/> has run.</summary>
    public float StartAlpha(int node) => node == Bos ? 0 : _alpha[_starts[node]];

    /// <summary>Builds the lattice of a text. <paramref name="scoreOf"/> gives a piece's score by id and length in characters.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Build<TScores>(ReadOnlySpan<byte> text, PieceTrie trie, int unknownId, float unknownScore, TScores scoreOf)
        where TScores : struct, ILatticeScores
    {
        FindCharacters(text);
        _endHead.AsSpan(0, Length + 1).Fill(-1);
        _count = 0;
        AddNode(0, 0, -1, 0);
        ReadOnlySpan<PieceTrie.Node> nodes = trie.Nodes;
        for (int start = 0; start < Length; start++)
        {
            _firstNode[start] = _count;
            bool single = false;
            int state = 0, length = 0, boundary = _offsets[start + 1];
            for (int at = _offsets[start]; at < text.Length;)
            {
                int child = nodes[state].Base + text[at];
                if ((uint)child >= (uint)nodes.Length || nodes[child].Check != state)
                {
                    break;
                }

                state = child;
                at++;
                if (at >= boundary)
                {
                    length++;
                    if (start + length < Length)
                    {
                        boundary = _offsets[start + length + 1];
                    }
                }

                int value = nodes[child].Value;
                if (value < 0)
                {
                    continue;
                }
                // A piece that ends inside a character is drawn out to the character's end, as the reference does.
                int covered = at > _offsets[start + length] ? length + 1 : length;
                if (!scoreOf.TryGet(value, out int id, covered, out float score))
                {
                    continue;
                }

                AddNode(start, start + covered, id, score);
                single |= covered == 1;
            }

            if (!single)
            {
                AddNode(start, start + 1, unknownId, unknownScore);
            }
        }

        _firstNode[Length] = _count;
    }

    /// <summary>The best path's nodes, in order, and its score. Of equal predecessors the one created first wins.</summary>
    public float Viterbi(List<int> path)
    {
        float total = FillBacktrace(out int last);
        path.Clear();
        for (int node = last; node != Bos; node = _previous[node])
        {
            path.Add(node);
        }

        path.Reverse();
        return total;
    }

    /// <summary>Adds to <paramref name="expected"/>, for each piece, how often it is expected in <paramref name="frequency"/> such
    /// texts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AddMarginals(float frequency, float[] expected)
    {
        Forward(1);
        Backward();
        float z = _alpha[Length];
        for (int node = 1; node < _count; node++)
        {
            int id = _ids[node];
            if (id >= 0)
            {
                expected[id] =
                    (float)(expected[id] + frequency * Math.Exp((double)(_alpha[_starts[node]] + _scores[node] + _beta[_ends[node]] - z)));
            }
        }
    }

    /// <summary>The log of the sum over all paths of exp(theta · score).</summary>
    public float LogPartition(float theta)
    {
        Forward(theta);
        return _alpha[Length];
    }

    /// <summary>The entropy of the distribution over paths, in nats.</summary>
    public float Entropy(float alpha)
    {
        Forward(alpha);
        float[] entropy = new float[Length + 1];
        for (int position = 0; position <= Length; position++)
        {
            float h = 0;
            for (int left = _endHead[position]; left >= 0; left = _nextEnd[left])
            {
                float p = alpha * _scores[left] + StartAlpha(left) - _alpha[position];
                h += MathF.Exp(p) * ((left == Bos ? 0 : entropy[_starts[left]]) + p);
            }

            entropy[position] = h;
        }

        return -entropy[Length];
    }

    /// <summary>Finds the best path to every node; returns the best score of all and the last node of that path.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public float FillBacktrace(out int last)
    {
        _backtrace[Bos] = 0;
        for (int node = 1; node < _count; node++)
        {
            _backtrace[node] = Best(_starts[node], _scores[node], out _previous[node]);
        }

        return Best(Length, 0, out last);
    }

    /// <summary>Notes where each character of a text begins.</summary>
    private void FindCharacters(ReadOnlySpan<byte> text)
    {
        Length = 0;
        for (int i = 0; i < text.Length; Length++)
        {
            if (Length + 2 >= _offsets.Length)
            {
                GrowPositions();
            }

            _offsets[Length] = i;
            i += Utf8Bytes.CharLength(text[i..]);
        }

        _offsets[Length] = text.Length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float Best(int position, float score, out int best)
    {
        best = _endHead[position];
        float bestScore = _backtrace[best] + score;
        for (int left = _nextEnd[best]; left >= 0; left = _nextEnd[left])
        {
            float candidate = _backtrace[left] + score;
            if (candidate > bestScore)
            {
                bestScore = candidate;
                best = left;
            }
        }

        return bestScore;
    }

    /// <summary>Log sums of all paths that reach each position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Forward(float theta)
    {
        _alpha[0] = 0;
        for (int position = 1; position <= Length; position++)
        {
            int left = _endHead[position];
            float sum = theta * _scores[left] + _alpha[_starts[left]];
            for (left = _nextEnd[left]; left >= 0; left = _nextEnd[left])
            {
                sum = LogSumExp(sum, theta * _scores[left] + _alpha[_starts[left]]);
            }

            _alpha[position] = sum;
        }
    }

    /// <summary>Log sums of all paths that go on from each position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Backward()
    {
        _beta[Length] = 0;
        for (int position = Length - 1; position >= 0; position--)
        {
            int node = _firstNode[position], end = _firstNode[position + 1];
            float sum = _scores[node] + _beta[_ends[node]];
            for (node++; node < end; node++)
            {
                sum = LogSumExp(sum, _scores[node] + _beta[_ends[node]]);
            }

            _beta[position] = sum;
        }
    }

    private static float LogSumExp(float x, float y)
    {
        float min = y < x ? y : x, max = x < y ? y : x;
        return max > min + 50f ? max : (float)(max + Math.Log(Math.Exp((double)(min - max)) + 1.0));
    }

    private void AddNode(int start, int end, int id, float score)
    {
        if (_count == _starts.Length)
        {
            GrowNodes();
        }

        int node = _count++;
        _starts[node] = start;
        _ends[node] = end;
        _ids[node] = id;
        _scores[node] = score;
        _nextEnd[node] = -1;
        if (_endHead[end] < 0)
        {
            _endHead[end] = node;
        }
        else
        {
            _nextEnd[_endTail[end]] = node;
        }

        _endTail[end] = node;
    }

    private void GrowNodes()
    {
        int size = _count * 2;
        Array.Resize(ref _starts, size);
        Array.Resize(ref _ends, size);
        Array.Resize(ref _ids, size);
        Array.Resize(ref _previous, size);
        Array.Resize(ref _scores, size);
        Array.Resize(ref _backtrace, size);
        Array.Resize(ref _nextEnd, size);
    }

    private void GrowPositions()
    {
        int size = _offsets.Length * 2;
        Array.Resize(ref _offsets, size);
        Array.Resize(ref _firstNode, size);
        Array.Resize(ref _endHead, size);
        Array.Resize(ref _endTail, size);
        Array.Resize(ref _alpha, size);
        Array.Resize(ref _beta, size);
    }
}
