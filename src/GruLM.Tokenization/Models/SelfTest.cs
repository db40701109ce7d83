// The specimen texts of a model: training stores some of its sentences with the pieces they give, and whoever opens the model checks that
// they still give them, so that a model which another program reads in another way is noticed at once.
// Source: SentencePiece's self-test samples.
using System.Text;
using Google.Protobuf;
using GruLM.Tokenization.Proto;

namespace GruLM.Tokenization;

/// <summary>Records and checks a model's specimen texts.</summary>
internal static class SelfTest
{
    /// <summary>Stores texts and what the model cuts them into.</summary>
    public static void Record(ModelProto proto, List<byte[]> samples)
    {
        if (samples.Count == 0)
        {
            return;
        }

        var tokenizer = new Tokenizer(new SentencePieceModel(proto));
        proto.SelfTestData = new SelfTestData();
        foreach (byte[] sample in samples)
        {
            proto.SelfTestData.Samples.Add(new SelfTestData.Types.Sample
            {
                Input = ByteString.CopyFrom(sample),
                Expected = ByteString.CopyFromUtf8(PiecesOf(tokenizer, sample)),
            });
        }
    }

    /// <summary>Checks that the stored texts give the stored pieces, or with a unigram model others of the same score.</summary>
    /// <exception cref="InvalidDataException">One does not.</exception>
    public static void Check(Tokenizer tokenizer)
    {
        if (tokenizer.Model.Proto.SelfTestData is not { } data)
        {
            return;
        }

        foreach (SelfTestData.Types.Sample sample in data.Samples)
        {
            string got = PiecesOf(tokenizer, sample.Input.Span);
            string expected = sample.Expected.ToStringUtf8();
            if (got != expected && !ScoreTheSame(tokenizer, expected, got))
            {
                string input = sample.Input.ToStringUtf8();
                throw new InvalidDataException(
                    $"A specimen text of the model, '{input}', gives '{got}' but the model says '{expected}'.");
            }
        }
    }

    private static string PiecesOf(Tokenizer tokenizer, ReadOnlySpan<byte> text) =>
        string.Join(' ', tokenizer.EncodePieces(text).Select(p => p.Text));

    private static bool ScoreTheSame(Tokenizer tokenizer, string expected, string got) =>
        tokenizer.Encoder is UnigramEncoder unigram
        && Math.Abs(Score(tokenizer, unigram, expected) - Score(tokenizer, unigram, got)) <= 1e-7f;

    private static float Score(Tokenizer tokenizer, UnigramEncoder unigram, string pieces)
    {
        Vocabulary vocabulary = tokenizer.Model.Vocabulary;
        float score = 0;
        foreach (string piece in pieces.Split(' '))
        {
            byte[] bytes = Encoding.UTF8.GetBytes(piece);
            score += vocabulary.TryGetId(bytes, out int id) && id != vocabulary.UnkId
                ? unigram.LatticeScore(id, bytes.Length)
                : unigram.UnknownScore;
        }

        return score;
    }
}
