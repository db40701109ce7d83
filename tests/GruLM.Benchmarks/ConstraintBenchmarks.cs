// What a constraint costs a token, once its states are known: a JSON schema of ten fields over a vocabulary of 8,192 pieces. A call writes
// one whole value, token by token, as the first text did: the bits of what fits, their use on the scores, the step to the next state.
// dotnet run -c Release --project tests/GruLM.Benchmarks -- --filter '*Constraint*'

using System.Text;
using BenchmarkDotNet.Attributes;
using GruLM.Generation;
using GruLM.Kernels;

namespace GruLM.Benchmarks;

public class ConstraintBenchmarks
{
    private const int VocabSize = 8192, MaxTokens = 256, Tokens = 128;

    private const string Schema = """
        {"type": "object", "additionalProperties": false, "properties": {
          "name": {"type": "string", "maxLength": 40}, "age": {"type": "integer", "minimum": 0, "maximum": 150},
          "height": {"type": "number", "minimum": 0.2, "maximum": 2.8}, "born": {"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$"},
          "member": {"type": "boolean"}, "kind": {"enum": ["person", "company", "other"]}, "note": {"type": ["string", "null"]},
          "tags": {"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": 5},
          "place": {"type": "object", "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}, "required": ["x", "y"]},
          "parent": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
         "required": ["name", "age", "height", "born", "member", "kind", "note", "tags", "place", "parent"]}
        """;

    private readonly float[] _logits = new float[VocabSize];
    private readonly int[] _written = new int[Tokens];
    private readonly ScoreRow _scores = new();
    private ConstraintAutomaton _automaton = null!;

    /// <summary>How many of the tokens are written with so few left that not all fit that could come next.</summary>
    [Params(false, true)]
    public bool IsShort { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        string[] words = ["name", "the", "a", "old", "garden", "\":", "\",\"", "\":\"", "{\"", "true", "null", "12", " and", "é", "日"];
        HashSet<string> pieces = [.. words];
        while (pieces.Count < VocabSize - 257)
        {
            pieces.Add(string.Concat(Enumerable.Range(0, random.Next(2, 9)).Select(_ => (char)('a' + random.Next(26)))));
        }

        byte[]?[] all = [null, .. Enumerable.Range(0, 256).Select(b => (byte[]?)[(byte)b]), .. pieces.Select(Encoding.UTF8.GetBytes)];
        _automaton = new(TextConstraint.JsonSchema(Schema).Rules, new PieceTrie(all), [0]);
        for (int i = 0; i < _logits.Length; i++) _logits[i] = random.NextSingle();
        _scores.Reserve(VocabSize);

        // A text as it comes by a draw among all that fit.
        var sampler = new Sampler(new SamplingOptions { Temperature = 3, TopK = 0, TopP = 1, MinP = 0 });
        var cursor = new ConstraintCursor(_automaton);
        for (int i = 0; i < Tokens; i++)
        {
            if (cursor.IsComplete) throw new InvalidOperationException("the text is too short");
            _written[i] = sampler.Sample(_logits, default, cursor.Allowed(Left(cursor, i)));
            cursor.Accept(_written[i]);
        }
    }

    /// <summary>A whole text of so many tokens, so that the figure is that of one.</summary>
    [Benchmark(OperationsPerInvoke = Tokens)]
    public float Token()
    {
        var cursor = new ConstraintCursor(_automaton);
        for (int i = 0; i < Tokens; i++)
        {
            ScoreLoops.Keep(KernelChoice.Default(), _scores, VocabSize, cursor.Allowed(Left(cursor, i)));
            cursor.Accept(_written[i]);
        }

        return _scores[0];
    }

    private int Left(ConstraintCursor cursor, int written) => IsShort ? cursor.State.Least + 8 : MaxTokens - written + 1000;
}
