// The flags of grulm bench and what it can measure. The work is in Bench/BenchRun.cs, Bench/DeviceBench.cs, Bench/Ranks/RanksBench.cs and
// Bench/Tokenizing/TokenizerBench.cs; grulm bench scaling has a file of its own.

using System.CommandLine;
using GruLM.Cli.Bench;
using GruLM.Cli.Pipes;
using GruLM.Distributed;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Cli.Commands;

internal static class BenchCommand
{
    /// <summary>Its name.</summary>
    public const string Name = "bench";

    /// <summary>The measurement that several processes take together.</summary>
    public const string Train = "train";

    public static GrulmCommand Create() => new(
        Name,
        "Measure this machine: matrix products, GRU layers, training, generation, tokenizers; and what more machines would give.",
        ["grulm bench gemm", "grulm bench train --vocab-size 8192 --hidden-dim 512 --threads 2"],
        Gemm(),
        Shaped("gru", "Measure the GRU layers alone, forward and backward.", steps: 10, (run, shape, _) => run.Gru(shape)),
        Shaped(
            Train, "Measure a whole training step; under mpirun that of all processes beside one alone.", steps: 10,
            (run, shape, peer) => run.Train(shape, peer), (run, shape) => run.Train(shape), (bench, shape) => bench.Train(shape)),
        Shaped(
            "generate", "Measure generating texts.", steps: 500,
            (run, shape, _) => run.Generate(shape), (run, shape) => run.Generate(shape)),
        BenchScalingCommand.Create(),
        Tokenizer());

    private static GrulmCommand Gemm()
    {
        Option<string> precision = Flags.Precision();
        Option<bool> json = Flags.Json();
        Option<int?> threads = Flags.Threads();
        return new GrulmCommand(
            "gemm",
            "Measure matrix products of the shapes that training has.",
            ["grulm bench gemm --threads 1"],
            [precision, json, threads],
            (flags, session) =>
            {
                Precision asked = Flags.PrecisionOf(flags.GetValue(precision)!);
                var options = new BenchOptions(flags.GetValue(threads) ?? 0, asked, flags.GetValue(json));
                using var run = new BenchRun(options, session.Output, session.Stop);
                return run.Gemm();
            });
    }

    private static Option<string?> Peer(string work, string arguments) => Flags.OptionalText(
        "--peer", "PROGRAM", $"a program that {work} elsewhere, run in turn with it as PROGRAM {arguments} (benchmarks/peers has some)");

    // Without elsewhere, only the processor can be measured; without together, only one process.
    private static GrulmCommand Shaped(
        string name, string description, int steps, Func<BenchRun, BenchShape, PeerProgram?, int> measure,
        Func<DeviceBench, BenchShape, int>? elsewhere = null, Func<RanksBench, BenchShape, int>? together = null)
    {
        var shape = new BenchShapeFlags(name, steps);
        Option<string> wire = BenchScalingCommand.Wire();
        string onCards = shape.HasBatches
            ? SettingsTable.OfProperty(nameof(TrainingSettings.Precision))!.Help
            : "in which precision a card multiplies matrices; auto is bf16; the processor writes in int8 or fp32";
        Option<string> precision = Flags.Precision(elsewhere is null ? null : onCards);
        Option<string> device = Flags.Device("; a card's figures stand without the processor's ceilings");
        Option<bool> json = Flags.Json();
        Option<int?> threads = Flags.Threads();
        Option<string?> peer = Peer("makes training steps", "VOCAB EMB HIDDEN LAYERS BATCH BPTT STEPS THREADS fp32|bf16");
        Option[] ofBatches = shape.HasBatches ? [.. shape.Batches, precision] : [.. shape.Texts, precision];
        Option[] ofDevices = elsewhere is null ? [] : [device];
        Option[] ofProcesses = together is null ? [] : [wire, peer];
        return new GrulmCommand(
            name,
            description,
            [$"grulm bench {name} --hidden-dim 200"],
            [.. shape.Sizes, .. ofBatches, shape.Steps, json, .. ofDevices, .. ofProcesses, threads],
            (flags, session) =>
            {
                BenchShape read = shape.Read(flags);
                string named = elsewhere is null ? Devices.Cpu : flags.GetValue(device)!;
                bool areTogether = together is not null && Launcher.IsPresent;
                if (areTogether && named == Devices.Cuda)
                {
                    throw new UsageException("--device cuda: several processes train together on processors alone");
                }

                string chosen = areTogether ? Devices.Cpu : Devices.Resolve(named, read.Config);
                bool isElsewhere = chosen != Devices.Cpu;
                string? other = together is null ? null : flags.GetValue(peer);
                if (other is not null && (isElsewhere || areTogether))
                {
                    throw new UsageException("--peer: only one process on the processor is measured beside another program");
                }

                if (!isElsewhere && read.Weights == WeightFormat.Auto) read = read with { Weights = WeightFormat.Int8 };

                // On the processor texts are written in float32.
                Precision asked = shape.HasBatches || isElsewhere ? Flags.PrecisionOf(flags.GetValue(precision)!) : Precision.Fp32;
                var options = new BenchOptions(flags.GetValue(threads) ?? 0, asked, flags.GetValue(json), chosen);
                if (isElsewhere)
                {
                    using var bench = new DeviceBench(options, session.Output, session.Stop);
                    return elsewhere!(bench, read);
                }

                if (together is not null && RankGroup.Join() is { } group)
                {
                    using var bench = new RanksBench(group, options, BenchScalingCommand.IsBf16(flags.GetValue(wire)!), session);
                    return together(bench, read);
                }

                using var run = new BenchRun(options, session.Output, session.Stop);
                return measure(run, read, other is null ? null : new PeerProgram(other, session.Stop));
            });
    }

    private static GrulmCommand Tokenizer()
    {
        var defaults = new TokenizerBenchSettings();
        Option<string[]> data = Flags.List(
            "--data", "FILE",
            "texts to measure on (default: generated English and Japanese); words that do not repeat are always measured too");
        Option<int> size = Flags.Int("--megabytes", 1, 1000, defaults.Megabytes, "size of each text; smaller ones are repeated");
        Option<int> vocab = Flags.Int(
            "--vocab-size", 100, GruConfig.MaxVocabSize, defaults.VocabSize,
            "pieces of the tokenizers, fewer where the text does not support them");
        Option<string?> filter = Flags.Text("--filter", "TEXT", "measure only cases whose name holds this, such as encode", "");
        Option<int> rounds = Flags.Int("--rounds", 1, 100, defaults.Rounds, "runs of each case");
        Option<bool> json = Flags.Json();
        Option<int?> threads = Flags.Threads();
        Option<string?> peer = Peer("encodes and decodes strings", "MODEL TEXT ROUNDS");
        return new GrulmCommand(
            "tokenizer",
            "Measure learning and using tokenizers, beside SentencePiece where its programs are installed.",
            ["grulm bench tokenizer", "grulm bench tokenizer --data english.txt japanese.txt --megabytes 20"],
            [data, size, vocab, filter, rounds, peer, json, threads],
            (flags, session) =>
            {
                var settings = new TokenizerBenchSettings
                {
                    Data = flags.GetValue(data)!,
                    Megabytes = flags.GetValue(size),
                    VocabSize = flags.GetValue(vocab),
                    Filter = flags.GetValue(filter)!,
                    Rounds = flags.GetValue(rounds),
                    Threads = flags.GetValue(threads) ?? defaults.Threads,
                    Json = flags.GetValue(json),
                    Peer = flags.GetValue(peer),
                };
                InputFiles.Check(settings.Data);
                return new TokenizerBench(settings, session).Run();
            });
    }
}
