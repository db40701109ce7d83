// Comparison with the reference, SentencePiece 0.1.97, through hashes of its results (Fixtures/make_fixtures.py made them): trained model
// files byte for byte, ids, offsets and decodings of every line, n-best and sampled cuts. Those on the generated texts always run; those on
// larger texts skip where these are not present (Corpora.cs), and only some run without GRULM_TESTS=full (tests/long/reference-corpora.sh).
using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using GruLM.Tokenization;

namespace GruLM.Tests.Tokenization;

public class ReferenceTests
{
    private static readonly ConcurrentDictionary<string, Lazy<SentencePieceModel?>> s_models = new();
    private static readonly Dictionary<string, string[]> s_trainings = Rows("training.tsv").ToDictionary(r => r[0]);

    public static TheoryData<string> SmallTrainings => [.. s_trainings.Keys.Where(n => n.StartsWith("small-", StringComparison.Ordinal))];

    public static TheoryData<string> CorpusTrainings =>
        [.. s_trainings.Keys.Where(n => !n.StartsWith("small-", StringComparison.Ordinal) && Wanted(n))];

    public static TheoryData<string, string> Encodings =>
    [
        .. Rows("encoding.tsv").Where(r => r[0].StartsWith("small-", StringComparison.Ordinal) || Wanted(r[0]))
            .Select(r => new TheoryDataRow<string, string>(r[0], r[1])),
    ];

    public static TheoryData<string, string> Samplings =>
        [.. Rows("sampling.tsv").Select(r => new TheoryDataRow<string, string>(r[0], r[1]))];

    [Theory]
    [MemberData(nameof(SmallTrainings))]
    public void Training_gives_the_reference_model(string name) => CompareTraining(name);

    [Theory]
    [MemberData(nameof(CorpusTrainings))]
    public void Training_on_a_corpus_gives_the_reference_model(string name) => CompareTraining(name);

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Encoding_and_decoding_give_what_the_reference_gives(string name, string corpus)
    {
        string[] row = Rows("encoding.tsv").Single(r => r[0] == name && r[1] == corpus);
        var tokenizer = new Tokenizer(Model(name)!);
        var encoded = new StringBuilder();
        var decoded = new MemoryStream();
        var ids = new List<int>();
        foreach (ReadOnlyMemory<byte> line in Corpora.Lines(Read(corpus)))
        {
            List<EncodedPiece> pieces = tokenizer.EncodePieces(line.Span);
            encoded.AppendJoin(' ', pieces.Select(p => FormattableString.Invariant($"{p.Id}:{p.Begin}:{p.End}"))).Append('\n');
            ids.Clear();
            tokenizer.Encode(line.Span, ids);
            Assert.Equal(pieces.Select(p => p.Id), ids);
            var text = new ArrayBufferWriter<byte>();
            tokenizer.Decode(CollectionsMarshal.AsSpan(ids), text);
            decoded.Write(text.WrittenSpan);
            decoded.WriteByte((byte)'\n');
        }

        Assert.Equal(row[2], Corpora.Sha256(Encoding.UTF8.GetBytes(encoded.ToString())));
        Assert.Equal(row[3], Corpora.Sha256(decoded.ToArray()));
    }

    [Theory]
    [MemberData(nameof(Samplings))]
    public void Sampling_and_n_best_give_what_the_reference_gives(string name, string what)
    {
        string expected = Rows("sampling.tsv").Single(r => r[0] == name && r[1] == what)[2];
        var tokenizer = new Tokenizer(Model(name)!);
        IEnumerable<ReadOnlyMemory<byte>> lines = Corpora.Lines(Read("small.txt")).Take(300);
        string[] words = what.Split(' ');
        int size = int.Parse(words[1], CultureInfo.InvariantCulture);
        var output = new StringBuilder();
        if (words[0] == "sample")
        {
            float alpha = float.Parse(words[2], CultureInfo.InvariantCulture);
            PieceSampler sampler = tokenizer.CreateSampler(uint.Parse(words[3], CultureInfo.InvariantCulture));
            foreach (ReadOnlyMemory<byte> line in lines)
            {
                output.AppendJoin(' ', sampler.Encode(line.Span, size, alpha).Select(p => p.Id)).Append('\n');
            }
        }
        else
        {
            foreach (ScoredPieces best in lines.SelectMany(line => tokenizer.EncodeNBest(line.Span, size)))
            {
                output.AppendJoin(' ', best.Ids).Append('\n');
            }
        }

        Assert.Equal(expected, Corpora.Sha256(Encoding.UTF8.GetBytes(output.ToString())));
    }

    private static void CompareTraining(string name)
    {
        string[] row = s_trainings[name];
        if (row[3] == "error")
        {
            Assert.Null(Model(name));
            return;
        }

        SentencePieceModel model = Model(name)!;
        Assert.Equal(row[3], Corpora.Sha256(model.ToBytes()));
        string path = Path.Combine(Path.GetTempPath(), $"grulm-{Guid.NewGuid():N}.vocab");
        model.SaveVocabulary(path);
        try
        {
            Assert.Equal(row[4], Corpora.Sha256(File.ReadAllBytes(path)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The model of a training, made once; null where the settings cannot be met.</summary>
    private static SentencePieceModel? Model(string name)
    {
        string[] row = s_trainings[name];
        // Outside the lazy value, so that a missing corpus skips every test that asks for it.
        byte[] corpus = Read(row[1]);
        return s_models.GetOrAdd(name, _ => new Lazy<SentencePieceModel?>(() => Train(row, corpus))).Value;
    }

    private static SentencePieceModel? Train(string[] row, byte[] corpus)
    {
        var options = new TrainerOptions { Compat = Compatibility.V01, ModelPrefix = "m", Input = { row[1] } };
        foreach (string option in row[2].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = option[2..].Split('=', 2);
            options.Set(parts[0], parts[1]);
        }

        try
        {
            return TokenizerTrainer.Train(options, Corpora.Lines(corpus));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static byte[] Read(string corpus)
    {
        if (corpus is not ("small.txt" or "hard.txt"))
        {
            return Corpora.Read(corpus);
        }

        using var stream = new GZipStream(File.OpenRead(Corpora.Fixture(corpus + ".gz")), CompressionMode.Decompress);
        var text = new MemoryStream();
        stream.CopyTo(text);
        return text.ToArray();
    }

    // Those on corpora take longest; a few of them, of every kind of model, stand for the rest.
    private static bool Wanted(string name) => Environment.GetEnvironmentVariable("GRULM_TESTS") == "full"
        || name is "botchan-bpe-2048" or "botchan-unigram-2048" or "botchan-word-8000"
            or "nekodearu-bpe-bytes" or "tinyshakespeare-char-500" or "tinyshakespeare-bpe-chat";

    private static IEnumerable<string[]> Rows(string file) => File.ReadLines(Corpora.Fixture(file)).Select(line => line.Split('\t'));
}
