// grulm bench tokenizer: encoding, decoding and training on three kinds of text, one thread and all of them, beside SentencePiece's own
// programs where they are installed (spm_train, spm_encode, spm_decode on the PATH). Both sides take turns; a ratio is the median of the
// ratios of neighbouring runs. Times are elapsed; beside their ratio stands that of processor time, which other programs on the machine
// disturb less. The reference's times include starting it and reading its model, a small part of the seconds it works.
using System.Diagnostics;
using System.Globalization;
using System.Text;
using GruLM.Cli.Demo;
using GruLM.Cli.Pipes;
using GruLM.Tokenization;

namespace GruLM.Cli.Runs;

/// <summary>What <c>grulm bench tokenizer</c> measures.</summary>
internal sealed record TokenizerBenchSettings
{
    /// <summary>Texts of one's own instead of the generated ones.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    public int Megabytes { get; init; } = 20;

    public int VocabSize { get; init; } = 8000;

    /// <summary>Measure only cases whose name holds this text.</summary>
    public string Filter { get; init; } = "";

    public int Rounds { get; init; } = 3;

    public int Threads { get; init; } = Environment.ProcessorCount;

    public bool Json { get; init; }
}

/// <summary>Runs <c>grulm bench tokenizer</c>.</summary>
internal sealed class TokenizerBench(TokenizerBenchSettings settings, Session session)
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-bench-").FullName;

    /// <summary>Bytes of a generated text before it is repeated, and of what is trained on.</summary>
    private int Part => settings.Megabytes * 50_000;

    public int Run()
    {
        try
        {
            if (!settings.Json)
            {
                session.Output.WriteLine(Row("case", "threads", "ms", "MB/s", "SentencePiece", "ratio", "of CPU"));
                session.Output.Flush();
            }

            foreach ((string? name, byte[]? text, byte[]? training) in Texts())
            {
                foreach (ModelType type in (ModelType[])[ModelType.Bpe, ModelType.Unigram])
                {
                    Measure(name, type, text, training);
                }
            }

            MeasureLongWords();
            if (!settings.Json)
            {
                session.Output.WriteLine(Reference("spm_encode")
                    ? "\nratios are medians of neighbouring runs"
                    : "\nspm_train, spm_encode and spm_decode are not on the PATH; no ratios");
            }

            return ExitCode.Done;
        }
        finally
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private void Measure(string name, ModelType type, byte[] text, byte[] training)
    {
        string label = $"{name}, {type.ToString().ToLowerInvariant()}";
        string trainingFile = Write("training.txt", training), textFile = Write("text.txt", text), prefix = Path.Combine(_folder, "model");
        var options = new TrainerOptions
        {
            ModelType = type,
            VocabSize = settings.VocabSize,
            HardVocabLimit = false,
            Compat = Compatibility.V01,
            Input = { trainingFile },
            ModelPrefix = prefix
        };
        SentencePieceModel? model = null;
        Compare(
            $"train, {label}", training.Length, settings.Threads,
            () => model = TokenizerTrainer.Train(options, null, session.Stop),
            () => Start(
            "spm_train",
            $"--input={trainingFile} --model_prefix={prefix}.ref --vocab_size={settings.VocabSize} --model_type={type.ToString().ToLowerInvariant()} --hard_vocab_limit=false --minloglevel=2"));
        string modelFile = prefix + ".model", idFile = Path.Combine(_folder, "ids.txt");
        model!.Save(modelFile);
        var tokenizer = new Tokenizer(model);
        var none = ExtraOptions.Parse("", tokenizer);
        Compare(
            $"encode, {label}", text.Length, 1,
            () => Pipe(textFile, idFile, 1, () => new EncodeWork(tokenizer, none, new EncodeOptions())),
            () => Start("spm_encode", $"--model={modelFile} --output_format=id --output={idFile} {textFile}"));
        Threaded($"encode, {label}", textFile, idFile, text.Length, () => new EncodeWork(tokenizer, none, new EncodeOptions()));
        Compare(
            $"decode, {label}", text.Length, 1,
            () => Pipe(idFile, textFile + ".out", 1, () => new DecodeWork(tokenizer, none, DecodeInput.Id, false)),
            () => Start("spm_decode", $"--model={modelFile} --input_format=id --output={textFile}.out {idFile}"));
    }

    /// <summary>Words of a twentieth and of half the size (1 and 10 MB by default): the time a byte must not grow with the word.</summary>
    private void MeasureLongWords()
    {
        if (!Wanted("one word of"))
        {
            return;
        }

        byte[] words = BenchTexts.Unrepeated(Part, seed: 3);
        foreach (ModelType type in (ModelType[])[ModelType.Bpe, ModelType.Unigram])
        {
            var options = new TrainerOptions { ModelType = type, VocabSize = 2000, HardVocabLimit = false };
            var tokenizer = new Tokenizer(TokenizerTrainer.Train(options, SentenceReader.SplitLines(words), null, session.Stop));
            var ids = new List<int>();
            foreach (int length in (int[])[Part, 10 * Part])
            {
                byte[] word = new byte[length];
                for (int i = 0; i < word.Length; i++)
                {
                    word[i] = (byte)('a' + (int)((uint)(i * 2654435761L >> 7) % 26));
                }

                double ms = Enumerable.Range(0, settings.Rounds + 1).Select(_ =>
                {
                    ids.Clear();
                    return Time(() => tokenizer.Encode(word, ids));
                }).Skip(1).Order().ElementAt(settings.Rounds / 2);
                Report(string.Create(CultureInfo.InvariantCulture, $"one word of {length / 1e6} MB, {type.ToString().ToLowerInvariant()}"),
                    1, word.Length, ms, null, null, null);
            }
        }
    }

    private void Compare(string name, long bytes, int threads, Action ours, Func<Process> reference)
    {
        if (!Wanted(name))
        {
            // Later cases build on what this one makes.
            ours();
            return;
        }

        bool compare = Reference("spm_encode");
        var times = new List<double>();
        var others = new List<double>();
        var ratios = new List<double>();
        var processorRatios = new List<double>();
        ours();
        for (int round = 0; round < settings.Rounds; round++)
        {
            session.Stop.ThrowIfCancellationRequested();
            TimeSpan before = Environment.CpuUsage.TotalTime;
            times.Add(Time(ours));
            TimeSpan own = Environment.CpuUsage.TotalTime - before;
            if (!compare)
            {
                continue;
            }

            TimeSpan other = default;
            others.Add(Time(() =>
            {
                using Process process = reference();
                other = Wait(process);
            }));
            ratios.Add(others[^1] / times[^1]);
            processorRatios.Add(other / own);
        }

        Report(name, threads, bytes, Median(times), compare ? Median(others) : null, compare ? Median(ratios) : null,
            compare ? Median(processorRatios) : null);
    }

    private void Threaded(string name, string from, string to, long bytes, Func<ILineWork> work)
    {
        if (settings.Threads == 1 || !Wanted(name))
        {
            return;
        }

        var times = new List<double>();
        var ratios = new List<double>();
        var ceilings = new List<double>();
        Pipe(from, to, settings.Threads, work);
        double before = Time(() => Pipe(from, to, 1, work));
        for (int round = 0; round < settings.Rounds; round++)
        {
            session.Stop.ThrowIfCancellationRequested();
            times.Add(Time(() => Pipe(from, to, settings.Threads, work)));

            // One thread on both sides of it, so that a machine that grows faster or slower favours neither.
            double after = Time(() => Pipe(from, to, 1, work));
            ratios.Add((before + after) / 2 / times[^1]);

            // What the machine gives: as many whole runs as threads, side by side, that have nothing to do with each other.
            double apart = Time(() => Parallel.For(
                0, settings.Threads, new ParallelOptions { MaxDegreeOfParallelism = settings.Threads },
                i => Pipe(from, $"{to}.{i}", 1, work)));
            before = Time(() => Pipe(from, to, 1, work));
            ceilings.Add(settings.Threads * (after + before) / 2 / apart);
        }

        Report(name, settings.Threads, bytes, Median(times), null, Median(ratios), null, Median(ceilings));
    }

    /// <summary>File to file, as the reference's programs are used.</summary>
    private void Pipe(string from, string to, int threads, Func<ILineWork> work)
    {
        using var input = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using var output = new FileStream(to, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        new LinePipe(from, threads, work, _ => { }, session.Stop).Run(input, output);
    }

    private IEnumerable<(string Name, byte[] Text, byte[] Training)> Texts()
    {
        int bytes = settings.Megabytes * 1_000_000;
        foreach (string file in settings.Data)
        {
            byte[] text = File.ReadAllBytes(file);
            if (text.Length == 0)
            {
                throw new InvalidDataException($"{file}: is empty");
            }

            yield return (Path.GetFileName(file), BenchTexts.Repeat(text, bytes), text.Length > 2_000_000 ? text[..2_000_000] : text);
        }

        if (settings.Data.Count == 0)
        {
            byte[] english = Encoding.UTF8.GetBytes(SampleCorpus.Generate(1, Part)), japanese = BenchTexts.Japanese(Part, seed: 1);
            yield return ("English", BenchTexts.Repeat(english, bytes), english);
            yield return ("Japanese", BenchTexts.Repeat(japanese, bytes), japanese);
        }

        yield return ("words that do not repeat", BenchTexts.Unrepeated(bytes, seed: 1), BenchTexts.Unrepeated(Part, seed: 2));
    }

    private bool Wanted(string name) => name.Contains(settings.Filter, StringComparison.OrdinalIgnoreCase);

    private void Report(string name, int threads, long bytes, double ms, double? reference, double? ratio, double? processorRatio,
        double? ceiling = null)
    {
        double speed = bytes / 1e3 / ms;
        if (settings.Json)
        {
            JsonLine.Write(session.Output, w =>
            {
                w.WriteString("case", name);
                w.WriteNumber("threads", threads);
                w.WriteNumber("median_ms", Math.Round(ms, 2));
                w.WriteNumber("mb_per_s", Math.Round(speed, 2));
                if (reference is { } other)
                {
                    w.WriteNumber("sentencepiece_ms", Math.Round(other, 2));
                }

                if (ratio is { } r)
                {
                    w.WriteNumber(reference is null ? "ratio_to_one_thread" : "ratio_to_sentencepiece", Math.Round(r, 2));
                }

                if (ceiling is { } c)
                {
                    w.WriteNumber("ratio_of_runs_side_by_side", Math.Round(c, 2));
                }

                if (processorRatio is { } p)
                {
                    w.WriteNumber("cpu_ratio_to_sentencepiece", Math.Round(p, 2));
                }
            });
        }
        else
        {
            session.Output.WriteLine(Row(
                name, threads.ToString(CultureInfo.InvariantCulture), F(ms, "#,0.0"), F(speed, "0.0"),
                reference is { } other ? F(other, "#,0.0") + " ms" : "",
                ratio is { } r ? F(r, "0.00") + (reference is null ? "x of one thread" : "x")
                + (ceiling is { } c ? $"; runs side by side {F(c, "0.00")}x" : "") : "",
                processorRatio is { } p ? F(p, "0.00") + "x" : ""));
        }

        session.Output.Flush();
    }

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static Process Start(string program, string arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = false, UseShellExecute = false })!;

    /// <summary>Waits for the end and returns the processor time, which can be read only before it.</summary>
    private static TimeSpan Wait(Process process)
    {
        TimeSpan used = default;
        while (!process.WaitForExit(10))
        {
            try
            {
                used = process.TotalProcessorTime;
            }
            catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                // It ended just now; what was read last counts.
            }
        }

        if (process.ExitCode != 0)
        {
            throw new InvalidDataException($"{process.StartInfo.FileName} ended with exit code {process.ExitCode}");
        }

        return used;
    }

    private static bool Reference(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator).Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));

    private static double Time(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Row(string name, string threads, string ms, string speed, string reference, string ratio,
        string processorRatio) =>
        $"{name,-44}{threads,8}{ms,12}{speed,9}{reference,16}{ratio,9}{processorRatio,9}".TrimEnd();

    private static string F(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
