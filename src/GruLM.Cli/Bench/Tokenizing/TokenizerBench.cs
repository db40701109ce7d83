// grulm bench tokenizer: encoding, decoding and training on three kinds of text, one thread and all of them, beside SentencePiece's own
// programs where they are installed. Both sides take turns; a ratio is the median of the ratios of neighbouring runs. Times are elapsed;
// beside their ratio stands that of processor time, which other programs on the machine disturb less. The reference's times include
// starting it and reading its model, a small part of the seconds it works. Strings are measured where another program is named.
using System.Diagnostics;
using System.Globalization;
using System.Text;
using GruLM.Cli.Demo;
using GruLM.Tokenization;

namespace GruLM.Cli.Bench;

/// <summary>Runs <c>grulm bench tokenizer</c>.</summary>
internal sealed class TokenizerBench(TokenizerBenchSettings settings, Session session)
{
    private static readonly ModelType[] s_types = [ModelType.Bpe, ModelType.Unigram];

    // Of a text of one's own no more than this is trained on.
    private const int MaxTrainingBytes = 2_000_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-bench-").FullName;
    private readonly TokenizerBenchReport _report = new(settings.Json, session.Output);
    private readonly PeerProgram? _peer = settings.Peer is { } program ? new PeerProgram(program, session.Stop) : null;

    /// <summary>Bytes of a generated text before it is repeated, and of what is trained on.</summary>
    private int PartBytes => settings.Megabytes * 50_000;

    public int Run()
    {
        try
        {
            _report.Begin();
            foreach ((string name, byte[] text, byte[] training) in Texts())
            {
                foreach (ModelType type in s_types) Measure(name, type, text, training);
            }

            MeasureLongWords();
            _report.End(SentencePiecePrograms.AreThere);
            return ExitCode.Done;
        }
        finally
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private void Measure(string name, ModelType type, byte[] text, byte[] training)
    {
        string kind = type.ToString().ToLowerInvariant(), label = $"{name}, {kind}";
        string textFile = Write("text.txt", text), idFile = Path.Combine(_folder, "ids.txt");
        SentencePieceModel model = MeasureTraining(label, type, kind, training);
        string modelFile = Path.Combine(_folder, "model.model");
        model.Save(modelFile);
        var tokenizer = new Tokenizer(model);
        Compare(
            new Case($"encode, {label}", text.Length, 1),
            () => Pipe(textFile, idFile, 1, Encode),
            () => SentencePiecePrograms.Run("spm_encode", $"--model={modelFile} --output_format=id --output={idFile} {textFile}"));
        CompareThreads(new Case($"encode, {label}", text.Length, settings.Threads), textFile, idFile, Encode);
        Compare(
            new Case($"decode, {label}", text.Length, 1),
            () => Pipe(idFile, textFile + ".out", 1, Decode),
            () => SentencePiecePrograms.Run("spm_decode", $"--model={modelFile} --input_format=id --output={textFile}.out {idFile}"));
        if (_peer is not null && StringBench.Names(label).Any(IsSelected))
        {
            var strings = new StringBench(_peer, settings.Rounds, session.Stop);
            foreach (TokenizerBenchResult result in strings.Measure(label, tokenizer, modelFile, textFile))
            {
                if (IsSelected(result.Name)) _report.Write(result);
            }
        }

        void Encode(LinePipe lines, Stream from, Stream to) => lines.Encode(tokenizer, from, to, cancel: session.Stop);

        void Decode(LinePipe lines, Stream from, Stream to) =>
            lines.Decode(tokenizer, from, to, new DecodeOptions { Input = DecodeInput.Id }, session.Stop);
    }

    private SentencePieceModel MeasureTraining(string label, ModelType type, string kind, byte[] training)
    {
        string file = Write("training.txt", training), prefix = Path.Combine(_folder, "model");
        var options = new TrainerOptions
        {
            ModelType = type,
            VocabSize = settings.VocabSize,
            HardVocabLimit = false,
            Compat = Compatibility.V01,
            Input = { file },
            ModelPrefix = prefix,
        };
        string arguments = $"--input={file} --model_prefix={prefix}.ref --vocab_size={settings.VocabSize} --model_type={kind} "
            + "--hard_vocab_limit=false --minloglevel=2";
        SentencePieceModel? model = null;
        Compare(
            new Case($"train, {label}", training.Length, settings.Threads),
            () => model = TokenizerTrainer.Train(options, null, session.Stop),
            () => SentencePiecePrograms.Run("spm_train", arguments));
        return model!;
    }

    /// <summary>Words of a twentieth and of half the size: the time a byte takes must not grow with the word.</summary>
    private void MeasureLongWords()
    {
        if (!IsSelected("one word of")) return;
        byte[] training = BenchTexts.Unrepeated(PartBytes, seed: 3);
        foreach (ModelType type in s_types)
        {
            string kind = type.ToString().ToLowerInvariant();
            var options = new TrainerOptions { ModelType = type, VocabSize = 2000, HardVocabLimit = false };
            var tokenizer = new Tokenizer(TokenizerTrainer.Train(options, SentenceReader.SplitLines(training), null, session.Stop));
            foreach (int length in (int[])[PartBytes, 10 * PartBytes])
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"one word of {length / 1e6} MB, {kind}");
                double ms = TimeOfWord(tokenizer, BenchTexts.Word(length));
                _report.Write(new TokenizerBenchResult(name, 1, length) { Milliseconds = ms });
            }
        }
    }

    private double TimeOfWord(Tokenizer tokenizer, byte[] word)
    {
        var ids = new List<int>();
        var times = new List<double>();
        for (int round = 0; round <= settings.Rounds; round++)
        {
            ids.Clear();
            times.Add(Time(() => tokenizer.Encode(word, ids)));
        }

        // The first round, which made the list grow, does not count.
        times.RemoveAt(0);
        return Timing.Median(times);
    }

    private void Compare(Case measured, Action ours, Func<TimeSpan> reference)
    {
        // A case that is left out is run all the same, since later ones build on what it makes.
        ours();
        if (!IsSelected(measured.Name)) return;
        bool compares = SentencePiecePrograms.AreThere;
        List<double> times = [], others = [], ratios = [], processorRatios = [];
        for (int round = 0; round < settings.Rounds; round++)
        {
            session.Stop.ThrowIfCancellationRequested();
            TimeSpan before = Environment.CpuUsage.TotalTime;
            times.Add(Time(ours));
            TimeSpan own = Environment.CpuUsage.TotalTime - before;
            if (!compares) continue;
            TimeSpan other = default;
            others.Add(Time(() => other = reference()));
            ratios.Add(others[^1] / times[^1]);
            processorRatios.Add(other / own);
        }

        _report.Write(new TokenizerBenchResult(measured.Name, measured.Threads, measured.Bytes)
        {
            Milliseconds = Timing.Median(times),
            ReferenceMilliseconds = compares ? Timing.Median(others) : null,
            Ratio = compares ? Timing.Median(ratios) : null,
            ProcessorRatio = compares ? Timing.Median(processorRatios) : null,
        });
    }

    private void CompareThreads(Case measured, string from, string to, Action<LinePipe, Stream, Stream> work)
    {
        int threads = measured.Threads;
        if (threads == 1 || !IsSelected(measured.Name)) return;
        List<double> times = [], ratios = [], ceilings = [];
        Pipe(from, to, threads, work);
        double before = TimeOnOneThread();
        for (int round = 0; round < settings.Rounds; round++)
        {
            session.Stop.ThrowIfCancellationRequested();
            times.Add(Time(() => Pipe(from, to, threads, work)));

            // One thread on both sides of it, so that a machine that grows faster or slower favours neither.
            double after = TimeOnOneThread();
            ratios.Add((before + after) / 2 / times[^1]);

            // What the machine gives: as many whole runs as threads, side by side, that have nothing to do with each other.
            double apart = Time(() => Parallel.For(
                0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, i => Pipe(from, $"{to}.{i}", 1, work)));
            before = TimeOnOneThread();
            ceilings.Add(threads * (after + before) / 2 / apart);
        }

        _report.Write(new TokenizerBenchResult(measured.Name, threads, measured.Bytes)
        {
            Milliseconds = Timing.Median(times),
            Ratio = Timing.Median(ratios),
            Ceiling = Timing.Median(ceilings),
        });

        double TimeOnOneThread() => Time(() => Pipe(from, to, 1, work));
    }

    /// <summary>File to file, as the reference's programs are used.</summary>
    private static void Pipe(string from, string to, int threads, Action<LinePipe, Stream, Stream> work)
    {
        using var input = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using var output = new FileStream(to, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        work(new LinePipe { Threads = threads, InputName = from }, input, output);
    }

    private IEnumerable<(string Name, byte[] Text, byte[] Training)> Texts()
    {
        int bytes = settings.Megabytes * 1_000_000;
        foreach (string file in settings.Data)
        {
            byte[] text = File.ReadAllBytes(file);
            if (text.Length == 0) throw new InvalidDataException($"{file}: is empty");
            byte[] training = text.Length > MaxTrainingBytes ? text[..MaxTrainingBytes] : text;
            yield return (Path.GetFileName(file), BenchTexts.Repeat(text, bytes), training);
        }

        if (settings.Data.Count == 0)
        {
            byte[] english = Encoding.UTF8.GetBytes(SampleCorpus.Generate(1, PartBytes));
            byte[] japanese = BenchTexts.Japanese(PartBytes, seed: 1);
            yield return ("English", BenchTexts.Repeat(english, bytes), english);
            yield return ("Japanese", BenchTexts.Repeat(japanese, bytes), japanese);
        }

        yield return ("words that do not repeat", BenchTexts.Unrepeated(bytes, seed: 1), BenchTexts.Unrepeated(PartBytes, seed: 2));
    }

    private bool IsSelected(string name) => name.Contains(settings.Filter, StringComparison.OrdinalIgnoreCase);

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static double Time(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private readonly record struct Case(string Name, long Bytes, int Threads);
}
