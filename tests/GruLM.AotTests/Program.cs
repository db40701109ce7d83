// The libraries as a native program: it decodes in int8, compresses, trains a model on every kernel path, saves it,
// opens it and generates, and prints what came out.
// Run under the JIT and as a native program it must print the same; .ci/run compares the two. Losses are printed to four digits, since the
// two differ in last bits (a runtime's own mathematics differs from release to release). Exit code 1 where something is plainly wrong.
using System.Globalization;
using System.Text;
using GruLM;
using GruLM.Corpus;
using GruLM.Kernels;
using GruLM.Tokenization;
using GruLM.Training;

// The paths can be named, since a native program may know fewer than the JIT.
IReadOnlyList<KernelPath> paths = args.Length == 0
    ? KernelChoice.Available
    : [.. args.Select(name => Enum.Parse<KernelPath>(name, ignoreCase: true))];
var text = new StringBuilder();
for (int i = 0; i < 400; i++)
{
    text.Append(
        CultureInfo.InvariantCulture,
        $"The {(i % 3 == 0 ? "old" : "young")} clock of house {i * 7 % 20} strikes {(i % 12) + 1}. \u65E5\u672C\u8A9E \u2603\n");
}

byte[] corpus = Encoding.UTF8.GetBytes(text.ToString());

foreach (ModelType type in (ModelType[])[ModelType.Bpe, ModelType.Unigram])
{
    var options = new TrainerOptions { ModelType = type, VocabSize = 90, HardVocabLimit = false };
    var tokenizer = new Tokenizer(TokenizerTrainer.Train(options, SentenceReader.SplitLines(corpus)));
    int[] ids = tokenizer.Encode("The young clock strikes 12. \u65E5");
    Console.WriteLine($"{type}: {tokenizer.VocabSize} pieces, {string.Join(' ', ids)}, {tokenizer.Decode(ids)}");
}

foreach (string line in DecodingBits.Lines()) Console.WriteLine(line);

string folder = Directory.CreateTempSubdirectory("grulm-native-").FullName;
try
{
    // Tables and JSON lines go through packages and parsers that must not need reflection.
    string table = Path.Combine(folder, "a.csv"), lines = Path.Combine(folder, "b.jsonl");
    File.WriteAllText(table, "id,text\n1,\"one\ntwo, \"\"three\"\"\"\n2,four\n");
    File.WriteAllText(lines, "{\"prompt\": \"Hi\", \"completion\": \"Hello\"}\n");
    IEnumerable<string> samples = TextCorpus.Read([table, lines]).Text.Samples().Select(sample => Encoding.UTF8.GetString(sample.Span));
    Console.WriteLine(string.Join('|', samples.Select(sample => sample.Replace('\n', '/'))));
    foreach (string line in CompressionBits.Lines(Path.Combine(folder, "made-up"), corpus, paths)) Console.WriteLine(line);
    string corpusFile = Path.Combine(folder, "text.txt");
    File.WriteAllBytes(corpusFile, corpus);
    foreach (KernelPath path in paths)
    {
        Require(Train(path, corpusFile, Path.Combine(folder, path.ToString())) < 2.5, $"{path}: the loss did not fall");
    }

    return 0;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

static void Require(bool condition, string message)
{
    if (condition)
    {
        return;
    }

    Console.Error.WriteLine(message);
    Environment.Exit(1);
}

double Train(KernelPath path, string corpusFile, string model)
{
    Environment.SetEnvironmentVariable("GRULM_KERNELS", path.ToString().ToLowerInvariant());
    var settings = new TrainingSettings
    {
        Data = [corpusFile],
        ValFraction = 0,
        OutDir = model,
        VocabSize = 400,
        EmbeddingDim = 40,
        HiddenDim = 40,
        Epochs = 3,
        BatchSize = 4,
        Bptt = 24,
        LearningRate = 0.01,
        WarmupSteps = 5,
        Threads = 2,
    };
    double loss = double.NaN;
    using (var run = TrainingRun.Start(settings, new Observer(nll => loss = nll)))
    {
        run.Run();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: last epoch's nll {loss:0.0000}"));
    }

    if (path == paths[0])
    {
        using var opened = LanguageModel.Open(model, threads: 1);
        Console.WriteLine(string.Concat(opened.Generate("The old clock", new GenerationOptions { MaxTokens = 20 })));
    }

    return loss;
}

/// <summary>Passes each epoch's loss on.</summary>
internal sealed class Observer(Action<double> epoch) : IRunObserver
{
    public void OnEpoch(EpochReport report) => epoch(report.Train.MeanNll);

    public void OnNotice(long step, string message) => Console.Error.WriteLine(message);
}
