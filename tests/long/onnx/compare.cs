// usage: compare.cs MODEL.onnx MODEL TEXT: what a model makes of a text in ONNX Runtime and in this library, step by step and in whole
// sequences that begin with the library's states. A program of one file, outside the solution; run.sh runs it.
#:package Microsoft.ML.OnnxRuntime
#:project ../../../src/GruLM/GruLM.csproj
#:project ../../../src/GruLM.Generation/GruLM.Generation.csproj
#:project ../../../src/GruLM.Kernels/GruLM.Kernels.csproj
#:project ../../../src/GruLM.Model/GruLM.Model.csproj
#:project ../../../src/GruLM.Tokenization/GruLM.Tokenization.csproj

using System.Globalization;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;
using Microsoft.ML.OnnxRuntime;

const int Tokens = 2100, Length = 3, Lanes = 7;
int[] ids = [.. Tokenizer.Load(Path.Combine(args[1], "tokenizer.model")).Encode(File.ReadAllText(args[2])).Take(Tokens)];
using GruParameters parameters = ModelFile.Load(args[1]).Parameters;
GruConfig config = parameters.Config;
using var compute = Compute.Create(threads: 1);
using var decoder = new FloatDecoder(parameters, compute);
using IDecodingSession own = decoder.CreateSession();
using var session = new InferenceSession(args[0]);
using var options = new RunOptions();

// States before each token and after the last, logits behind each.
float[][] states = new float[ids.Length + 1][], logits = new float[ids.Length][];
for (int t = 0; t < ids.Length; t++)
{
    states[t] = own.SaveState();
    own.Read(ids[t]);
    logits[t] = own.Logits().ToArray();
}

states[^1] = own.SaveState();
double worst = 0;
for (int t = 0; t < ids.Length; t++) Compare([t], 1);
for (int t = 0; t + Length <= ids.Length; t += Length) Compare([t], Length);
for (int t = 0; t + (Length * Lanes) <= ids.Length; t += Length * Lanes)
{
    Compare([.. Enumerable.Range(0, Lanes).Select(lane => t + (lane * Length))], Length);
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ids.Length} tokens, largest difference {worst:0.0e0}"));
return ids.Length >= Length * Lanes && worst <= 1e-4 ? 0 : 1;

// Sequences of a length side by side, each with where in the text it begins.
void Compare(int[] begins, int length)
{
    int layers = config.NumLayers, units = config.HiddenDim, batch = begins.Length;
    long[] tokens = [.. begins.SelectMany(begin => ids[begin..(begin + length)]).Select(id => (long)id)];
    using var read = OrtValue.CreateTensorValueFromMemory(tokens, [batch, length]);
    using var before = OrtValue.CreateTensorValueFromMemory(SideBySide(begins), [layers, batch, units]);
    using IDisposableReadOnlyCollection<OrtValue> found =
        session.Run(options, ["ids", "state"], [read, before], ["logits", "next_state"]);
    float[] expected = [.. begins.SelectMany(begin => logits[begin..(begin + length)]).SelectMany(row => row)];
    Differ(expected, found[0].GetTensorDataAsSpan<float>());
    Differ(SideBySide([.. begins.Select(begin => begin + length)]), found[1].GetTensorDataAsSpan<float>());

    float[] SideBySide(int[] places) =>
    [
        .. from layer in Enumerable.Range(0, layers) from place in places
           from x in states[place].Skip(layer * units).Take(units) select x,
    ];
}

void Differ(ReadOnlySpan<float> expected, ReadOnlySpan<float> found)
{
    if (expected.Length != found.Length) throw new InvalidDataException($"{found.Length} numbers came out, not {expected.Length}");
    for (int i = 0; i < found.Length; i++)
    {
        double difference = Math.Abs(found[i] - expected[i]);
        worst = Math.Max(worst, double.IsNaN(difference) ? double.PositiveInfinity : difference);
    }
}
