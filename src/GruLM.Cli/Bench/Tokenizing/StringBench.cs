// Strings through the library, line by line, beside a peer that does the same with the same model: what a program does, where the pipes of
// the other cases are what commands do.

using System.Diagnostics;
using System.Text;
using GruLM.Tokenization;

namespace GruLM.Cli.Bench;

/// <summary>Measures encoding and decoding of strings by one thread.</summary>
internal sealed class StringBench(PeerProgram peer, int rounds, CancellationToken cancel)
{
    // So many that what the peer compiles while it runs is compiled before the median one.
    private const int PeerRounds = 5;

    // Ctrl-C is heard within a second.
    private const int LinesBetweenLooks = 256;

    /// <summary>The names of its two cases.</summary>
    public static string[] Names(string label) => [$"encode strings, {label}", $"decode strings, {label}"];

    /// <summary>Encoding the lines of a text, then decoding what came of them, each beside the peer.</summary>
    public IEnumerable<TokenizerBenchResult> Measure(string label, Tokenizer tokenizer, string modelFile, string textFile)
    {
        string[] lines = [.. File.ReadLines(textFile).Where(line => line.Length > 0)];
        int[][] ids = new int[lines.Length][];
        long bytes = lines.Sum(line => (long)Encoding.UTF8.GetByteCount(line)), characters = 0;
        List<double> encoding = [], decoding = [], peersEncoding = [], peersDecoding = [], encodeRatios = [], decodeRatios = [];
        for (int round = 0; round < PeerRounds / 2; round++)
        {
            Encode();
            Decode();
        }

        for (int round = 0; round < rounds; round++)
        {
            cancel.ThrowIfCancellationRequested();
            encoding.Add(MegabytesPerSecond(Encode));
            decoding.Add(MegabytesPerSecond(Decode));
            double[] figures = peer.Run([modelFile, textFile, PeerTurns.Text(PeerRounds)], "encode_mb_s", "decode_mb_s");
            peersEncoding.Add(figures[0]);
            peersDecoding.Add(figures[1]);
            encodeRatios.Add(encoding[^1] / figures[0]);
            decodeRatios.Add(decoding[^1] / figures[1]);
        }

        if (characters == 0) throw new InvalidDataException($"{textFile}: no text came of its ids");
        yield return Result(0, encoding, peersEncoding, encodeRatios);
        yield return Result(1, decoding, peersDecoding, decodeRatios);

        void Encode()
        {
            for (int i = 0; i < lines.Length; i++)
            {
                if (i % LinesBetweenLooks == 0) cancel.ThrowIfCancellationRequested();
                ids[i] = tokenizer.Encode(lines[i]);
            }
        }

        void Decode()
        {
            for (int i = 0; i < lines.Length; i++)
            {
                if (i % LinesBetweenLooks == 0) cancel.ThrowIfCancellationRequested();
                characters += tokenizer.Decode(ids[i]).Length;
            }
        }

        double MegabytesPerSecond(Action work)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            return bytes / 1e6 / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        TokenizerBenchResult Result(int which, List<double> own, List<double> peers, List<double> ratios) =>
            new(Names(label)[which], 1, bytes)
            {
                Milliseconds = bytes / 1e3 / Timing.Median(own),
                Peer = new PeerFigure(peer.Name, 1, Timing.Median(peers), Timing.Median(ratios)),
            };
    }
}
