// usage: mltokenizers.cs MODEL TEXT ROUNDS: encodes the lines of a text with Microsoft.ML.Tokenizers and decodes their ids, one thread, and
// writes one line of JSON with the megabytes of text a second of the median round. A program of one file, outside the solution;
// mltokenizers.sh builds and runs it.
#:package Microsoft.ML.Tokenizers@2.0.1
#:property PublishAot=false

using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.ML.Tokenizers;

using FileStream model = File.OpenRead(args[0]);
SentencePieceTokenizer tokenizer = SentencePieceTokenizer.Create(model, addBeginningOfSentence: false, addEndOfSentence: false);
string[] lines = [.. File.ReadLines(args[1]).Where(line => line.Length > 0)];
int rounds = int.Parse(args[2], CultureInfo.InvariantCulture);
double megabytes = lines.Sum(line => (double)Encoding.UTF8.GetByteCount(line)) / 1e6;
IReadOnlyList<int>[] ids = new IReadOnlyList<int>[lines.Length];
long characters = 0;
double encoded = Speed(() =>
{
    for (int i = 0; i < lines.Length; i++) ids[i] = tokenizer.EncodeToIds(lines[i]);
});
double decoded = Speed(() =>
{
    foreach (IReadOnlyList<int> line in ids) characters += tokenizer.Decode(line).Length;
});
if (characters == 0) throw new InvalidDataException("no text came of the ids");
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $$"""{"peer": "Microsoft.ML.Tokenizers 2.0.1", "encode_mb_s": {{encoded:F2}}, "decode_mb_s": {{decoded:F2}}}"""));

// After a round that does not count.
double Speed(Action work)
{
    var times = new List<double>();
    for (int round = -1; round < rounds; round++)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        if (round >= 0) times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    return megabytes / times.Order().ElementAt(rounds / 2);
}
