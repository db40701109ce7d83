// The flags of grulm bench and what it can measure. The work is in Runs/BenchRun.cs.

using GruLM.Cli.Runs;
using GruLM.Model;

namespace GruLM.Cli.Commands;

internal static class BenchCommand
{
    public static GrulmCommand Create() => new(
        "bench",
        "Measure this machine: matrix products, training, generation, tokenizers.",
        ["grulm bench gemm", "grulm bench train --vocab-size 8192 --hidden-dim 512 --threads 2"],
        Gemm(),
        Shaped("train", "Measure a whole training step.", steps: 10, BenchRun.Train),
        Shaped("generate", "Measure generating one text.", steps: 500, BenchRun.Generate),
        Tokenizer());

    private static GrulmCommand Gemm()
    {
        var json = Flags.Json();
        var threads = Flags.Threads();
        return new GrulmCommand(
            "gemm", "Measure matrix products of the shapes that training has.", ["grulm bench gemm --threads 1"], [json, threads],
            (flags, session) => BenchRun.Gemm(flags.GetValue(threads) ?? 0, flags.GetValue(json), session.Output, session.Stop));
    }

    private static GrulmCommand Tokenizer()
    {
        var defaults = new TokenizerBenchSettings();
        var data = Flags.Texts("--data", "FILE", "texts to measure on (default: generated English and Japanese); words that do not repeat are always measured too");
        var size = Flags.Int("--megabytes", 1, 1000, defaults.Megabytes, "size of each text; smaller ones are repeated");
        var vocab = Flags.Int("--vocab-size", 100, GruConfig.MaxVocabSize, defaults.VocabSize, "pieces of the tokenizers, fewer where the text does not support them");
        var rounds = Flags.Int("--rounds", 1, 100, defaults.Rounds, "runs of each case");
        var json = Flags.Json();
        var threads = Flags.Threads();
        return new GrulmCommand(
            "tokenizer",
            "Measure learning and using tokenizers, beside SentencePiece where its programs are installed.",
            ["grulm bench tokenizer", "grulm bench tokenizer --data english.txt japanese.txt --megabytes 20"],
            [data, size, vocab, rounds, json, threads],
            (flags, session) =>
            {
                InputFiles.Check(flags.GetValue(data)!);
                return new TokenizerBench(
                    new TokenizerBenchSettings
                    {
                        Data = flags.GetValue(data)!,
                        Megabytes = flags.GetValue(size),
                        VocabSize = flags.GetValue(vocab),
                        Rounds = flags.GetValue(rounds),
                        Threads = flags.GetValue(threads) ?? defaults.Threads,
                        Json = flags.GetValue(json),
                    },
                    session).Run();
            });
    }

    private static GrulmCommand Shaped(string name, string description, int steps, Func<BenchShape, int, bool, TextWriter, CancellationToken, int> run)
    {
        var vocab = Flags.Int("--vocab-size", 2, GruConfig.MaxVocabSize, 8192, "vocabulary");
        var hidden = Flags.Int("--hidden-dim", 1, GruConfig.MaxWidth, 512, "units in each GRU layer");
        var embedding = Flags.OptionalInt("--emb-dim", 1, GruConfig.MaxWidth, "length of an embedding (default: as --hidden-dim, and tied)");
        var layers = Flags.Int("--num-layers", 1, GruConfig.MaxLayers, 2, "GRU layers");
        var batch = Flags.Int("--batch-size", 1, 1 << 16, 32, "lanes side by side");
        var bptt = Flags.Int("--bptt", 1, 1 << 16, 64, "tokens that a gradient reaches back");
        var count = Flags.Int("--steps", 1, 1_000_000, steps, "steps measured");
        var json = Flags.Json();
        var threads = Flags.Threads();
        return new GrulmCommand(
            name, description, [$"grulm bench {name} --vocab-size 2048 --hidden-dim 200"],
            name == "train" ? [vocab, hidden, embedding, layers, batch, bptt, count, json, threads] : [vocab, hidden, embedding, layers, count, json, threads],
            (flags, session) =>
            {
                bool training = name == "train";
                var shape = new BenchShape(
                    flags.GetValue(vocab), flags.GetValue(embedding) ?? flags.GetValue(hidden), flags.GetValue(hidden), flags.GetValue(layers),
                    training ? flags.GetValue(batch) : 1, training ? flags.GetValue(bptt) : 1, flags.GetValue(count));
                return run(shape, flags.GetValue(threads) ?? 0, flags.GetValue(json), session.Output, session.Stop);
            });
    }
}
