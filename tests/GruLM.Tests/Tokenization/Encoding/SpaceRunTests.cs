// Runs of spaces under vocabularies whose pieces hold several: the figures are spm_encode's (0.1.97), and word by word must be what the
// whole text as one stretch gives. tests/long/sentencepiece-vocabularies.py compares random vocabularies with SentencePiece itself.
using System.Text;
using GruLM.Tokenization;

namespace GruLM.Tests.Tokenization;

public class SpaceRunTests
{
    private static readonly Lazy<Tokenizer> s_bpe = new(() => Train(ModelType.Bpe, []));
    private static readonly Lazy<Tokenizer> s_unigram = new(() => Train(ModelType.Unigram, []));

    [Theory]
    [InlineData(11, "10 2", "11 1")]
    [InlineData(12, "12 1", "12 1")]
    [InlineData(17, "16 2", "17 1")]
    [InlineData(24, "24 1", "24 1")]
    [InlineData(25, "24 2", "23 2 1")]
    [InlineData(40, "16 24 1", "20 20 1")]
    [InlineData(60, "16 16 24 4 1", "20 20 20 1")]
    public void A_run_is_cut_as_the_reference_cuts_it(int spaces, string bpe, string unigram)
    {
        string run = new string(' ', spaces) + "x";
        Assert.Equal(bpe, Lengths(s_bpe.Value, run));
        Assert.Equal(unigram, Lengths(s_unigram.Value, run));
        Assert.EndsWith(" " + bpe, Lengths(s_bpe.Value, new string('x', 40) + run), StringComparison.Ordinal);
        Assert.EndsWith(" " + unigram, Lengths(s_unigram.Value, new string('x', 40) + run), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ModelType.Bpe)]
    [InlineData(ModelType.Unigram)]
    public void Word_by_word_is_the_whole_text_at_once(ModelType type)
    {
        var random = new Random(7);
        string[] parts =
        [
            " ", "  ", new(' ', 13), new(' ', 40), "x", "if", "\t", "return", "\u2581", new('\u2581', 12), "é", "猫", new('-', 37),
        ];
        foreach (string[] symbols in new string[][] { [], [new('\u2581', 4)], [" x", "   "], ["x" + new string('\u2581', 14), "if "] })
        {
            Tokenizer tokenizer = Train(type, symbols);
            for (int i = 0; i < 200; i++)
            {
                string text = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => parts[random.Next(parts.Length)]));
                List<EncodedPiece> pieces = tokenizer.EncodePieces(text);
                if (type == ModelType.Bpe)
                {
                    Assert.Equal(tokenizer.CreateSampler(1).Encode(text, -1, alpha: 0), pieces);
                    continue;
                }

                // Of cuts that are equally good another one may be the best here.
                float best = tokenizer.EncodeNBest(text, 2)[0].Score;
                Assert.InRange(Score((UnigramEncoder)tokenizer.Encoder, pieces), best - 1e-3 * (1 - best), best + 1e-3 * (1 - best));
            }
        }
    }

    private static double Score(UnigramEncoder encoder, List<EncodedPiece> pieces) => pieces.Sum(piece =>
    {
        int length = piece.Text.EnumerateRunes().Count();
        return piece.Id == 0 ? length * encoder.UnknownScore : encoder.LatticeScore(piece.Id, length);
    });

    private static string Lengths(Tokenizer tokenizer, string text) =>
        string.Join(' ', tokenizer.EncodePieces(text).Select(piece => piece.Text.Length));

    private static Tokenizer Train(ModelType type, string[] symbols)
    {
        IEnumerable<string> lines = Enumerable.Range(1, 39).SelectMany(i => Enumerable.Repeat<string[]>(
            [new string(' ', i) + "if x:", new string(' ', i) + "return  y"], 3)).SelectMany(pair => pair);
        return new Tokenizer(TokenizerTrainer.Train(
            new TrainerOptions
            {
                Compat = Compatibility.V01,
                ModelType = type,
                VocabSize = 60,
                HardVocabLimit = false,
                AllowWhitespaceOnlyPieces = true,
                RemoveExtraWhitespaces = false,
                AddDummyPrefix = false,
                NormalizationRuleName = "identity",
                MaxSentencepieceLength = 24,
                UserDefinedSymbols = [.. symbols],
            },
            lines.Select(line => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(line))));
    }
}
