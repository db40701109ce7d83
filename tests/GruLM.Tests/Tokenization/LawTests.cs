// Laws every model must keep on every text: nothing throws, ids are in range, decoding undoes encoding up to normalisation, order, threads,
// chunks and caches change nothing.
using System.IO.Compression;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Tokenization;

namespace GruLM.Tests.Tokenization;

public class LawTests
{
    internal static readonly Lazy<(string Name, Tokenizer Tokenizer)[]> Models = new(() =>
    [
        .. from type in Enum.GetValues<ModelType>()
           from settings in new[] { "bytes", "plain", "suffix" }
           select ($"{type} {settings}", new Tokenizer(Train(type, settings))),
    ]);

    private static readonly Lazy<ReadOnlyMemory<byte>[]> s_small = new(() =>
    {
        using var stream = new GZipStream(File.OpenRead(Corpora.Fixture("small.txt.gz")), CompressionMode.Decompress);
        var text = new MemoryStream();
        stream.CopyTo(text);
        return [.. Corpora.Lines(text.ToArray()).Take(400)];
    });

    [Fact]
    public void Encoding_never_throws_and_ids_are_in_range()
    {
        Check.QuickThrowOnFailure(
            Prop.ForAll(Texts.Arbitrary(), text => Models.Value.All(m => InRange(m.Tokenizer, m.Tokenizer.Encode(text)))));
        Check.QuickThrowOnFailure(Prop.ForAll<byte[]>(bytes => Models.Value.All(m =>
        {
            var ids = new List<int>();
            m.Tokenizer.Encode(bytes, ids);
            return InRange(m.Tokenizer, ids) && m.Tokenizer.EncodePieces(bytes).Select(p => p.Id).SequenceEqual(ids);
        })));
    }

    [Fact]
    public void Decoding_gives_the_normalised_text() => Check.QuickThrowOnFailure(Prop.ForAll(Texts.Arbitrary(), text =>
    {
        // A word model spells a whole unknown word in bytes, its space symbol too, which then comes back as U+2581.
        foreach ((string name, Tokenizer tokenizer) in Models.Value.Where(m => m.Name is "Bpe bytes" or "Unigram bytes" or "Char bytes"))
        {
            // A leading space symbol is the dummy prefix; inside, it is a space.
            string normalized = tokenizer.Normalizer.Normalize(text);
            string expected = (normalized.StartsWith('\u2581') ? normalized[1..] : normalized).Replace('\u2581', ' ');
            if (tokenizer.Decode(tokenizer.Encode(text)) != expected)
            {
                return false;
            }
        }

        return true;
    }));

    [Fact]
    public void Pieces_cover_the_text_in_order() => Check.QuickThrowOnFailure(Prop.ForAll(Texts.Arbitrary(), text =>
    {
        int length = Encoding.UTF8.GetByteCount(text), utf16 = text.Length;
        return Models.Value.All(m =>
        {
            int last = 0;
            foreach (EncodedPiece piece in m.Tokenizer.EncodePieces(text))
            {
                if (piece.Begin < last || piece.End < piece.Begin || piece.End > length)
                {
                    return false;
                }

                last = piece.Begin;
            }

            return m.Tokenizer.EncodePieces(text, OffsetUnit.Utf16).All(p => p.End <= utf16);
        });
    }));

    [Fact]
    public void A_warm_cache_changes_nothing()
    {
        foreach ((string _, Tokenizer warm) in Models.Value)
        {
            var cold = new Tokenizer(warm.Model);
            int[][] first = [.. s_small.Value.Select(line => Ids(cold, line))];
            for (int round = 0; round < 3; round++)
            {
                Assert.Equal(first, s_small.Value.Select(line => Ids(warm, line)));
            }
            // One long text: scores run on, the cache is warm, and nothing may differ from a tokenizer that knows no word yet.
            byte[] joined = [.. s_small.Value.SelectMany(line => line.ToArray().Append((byte)' '))];
            Assert.Equal(Ids(new Tokenizer(warm.Model), joined), Ids(warm, joined));
        }
    }

    [Fact]
    public void Encoding_in_parallel_is_encoding_line_by_line()
    {
        foreach ((string _, Tokenizer tokenizer) in Models.Value)
        {
            int[][] expected = [.. s_small.Value.Select(line => Ids(tokenizer, line))];
            Assert.Equal(expected, s_small.Value.AsParallel().AsOrdered().Select(line => Ids(tokenizer, line)));
        }
    }

    [Fact]
    public void A_string_of_any_length_encodes_like_its_bytes()
    {
        var random = new System.Random(5);
        var text = new StringBuilder();
        while (text.Length < 100_000)
        {
            text.Append(random.Next(4) switch { 0 => "👩‍👩‍👧", 1 => "the ", 2 => "e\u0301\u0323 ", _ => "猫である。" });
        }

        text.Insert(16383, "\ud83d\ude00");
        foreach ((string _, Tokenizer tokenizer) in Models.Value)
        {
            Assert.Equal(Ids(tokenizer, Encoding.UTF8.GetBytes(text.ToString())), tokenizer.Encode(text.ToString()));
        }
    }

    [Fact]
    public void Streaming_is_decoding_at_once() => Check.QuickThrowOnFailure(Prop.ForAll<int[]>(numbers =>
    {
        foreach ((string _, Tokenizer tokenizer) in Models.Value)
        {
            int[] ids = [.. numbers.Select(n => (int)((uint)n % tokenizer.VocabSize))];
            StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
            string streamed = string.Concat(ids.Select(decoder.Push)) + decoder.Flush();
            if (streamed != tokenizer.Decode(ids) || tokenizer.DecodePieces(ids.Select(tokenizer.PieceOf)) != tokenizer.Decode(ids))
            {
                return false;
            }
        }

        return true;
    }));

    // Spaces at the beginning are dropped, and pieces without any text, or of one space, may stand between them.
    [Fact]
    public void Every_beginning_decodes_as_it_streams()
    {
        foreach ((string _, Tokenizer tokenizer) in Models.Value)
        {
            int[] kinds = [.. Enumerable.Range(0, tokenizer.VocabSize).GroupBy(Kind).SelectMany(group => group.Take(2))];
            foreach (int[] ids in from a in kinds from b in kinds from c in kinds select (int[])[a, b, c, a])
            {
                StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
                Assert.Equal(string.Concat(ids.Select(decoder.Push)) + decoder.Flush(), tokenizer.Decode(ids));
            }

            (PieceType, bool, bool) Kind(int id) =>
                (tokenizer.TypeOf(id), tokenizer.PieceOf(id).StartsWith('\u2581'), tokenizer.PieceOf(id).Length > 1);
        }
    }

    [Fact]
    public void Scores_of_n_best_fall_and_sampled_cuts_spell_the_text()
    {
        foreach ((string name, Tokenizer tokenizer) in Models.Value.Where(m => m.Name.StartsWith("Unigram", StringComparison.Ordinal)))
        {
            PieceSampler sampler = tokenizer.CreateSampler(3);
            foreach (ReadOnlyMemory<byte> line in s_small.Value.Take(40))
            {
                string text = Encoding.UTF8.GetString(line.Span);
                IReadOnlyList<ScoredPieces> best = tokenizer.EncodeNBest(text, 12);
                Assert.True(best.Zip(best.Skip(1)).All(p => p.First.Score >= p.Second.Score - 1e-3f));
                Assert.Equal(best.Count, best.Select(b => string.Join(' ', b.Ids)).Distinct().Count());
                string normalized = tokenizer.Normalizer.Normalize(text);
                Assert.All(best, b => Assert.Equal(normalized, Spell(tokenizer, b.Pieces)));
                Assert.Equal(normalized, Spell(tokenizer, sampler.Encode(text, -1, 0.2f)));
                IReadOnlyList<ScoredPieces> drawn = sampler.EncodeAndScore(text, 3, 0.5f, withoutReplacement: true, includeBest: true);
                Assert.Equal(0, drawn[0].Score);
                Assert.All(drawn, d => Assert.True(d.Score <= 1e-3));
                Assert.True(tokenizer.Entropy(text, 0.5f) >= -1e-2);
            }
        }
    }

    [Fact]
    public void A_restricted_vocabulary_outputs_nothing_else()
    {
        IEnumerable<Tokenizer> tokenizers = Models.Value.Select(m => m.Tokenizer);
        foreach (Tokenizer tokenizer in tokenizers.Where(t => t.Model.ModelType is ModelType.Bpe or ModelType.Unigram))
        {
            string[] allowed = [.. tokenizer.Model.Pieces.Where((_, i) => i % 3 == 0).Select(p => p.Text)];
            Tokenizer restricted = tokenizer.WithVocabulary(allowed);
            foreach (ReadOnlyMemory<byte> line in s_small.Value)
            {
                foreach (EncodedPiece piece in restricted.EncodePieces(line.Span))
                {
                    Assert.True(restricted.TypeOf(piece.Id) != PieceType.Unused);
                }
            }
        }

        Assert.Throws<InvalidOperationException>(
            () => Models.Value.First(m => m.Name.StartsWith("Word", StringComparison.Ordinal)).Tokenizer.WithVocabulary([]));
    }

    [Fact]
    public void Extra_options_run_in_order()
    {
        Tokenizer tokenizer = Models.Value[0].Tokenizer;
        List<int> ids = [7, 8];
        ExtraOptions.Parse("bos:eos:reverse", tokenizer).Apply(ids);
        Assert.Equal([tokenizer.EosId, 8, 7, tokenizer.BosId], ids);
        ids = [7, 8];
        ExtraOptions.Parse("reverse:bos", tokenizer).Apply(ids);
        Assert.Equal([tokenizer.BosId, 8, 7], ids);
        Assert.Throws<ArgumentException>(() => ExtraOptions.Parse("bos:cls", tokenizer));
    }

    private static bool InRange(Tokenizer tokenizer, IEnumerable<int> ids) => ids.All(id => id >= 0 && id < tokenizer.VocabSize);

    private static int[] Ids(Tokenizer tokenizer, ReadOnlyMemory<byte> text)
    {
        var ids = new List<int>();
        tokenizer.Encode(text.Span, ids);
        return [.. ids];
    }

    /// <summary>The pieces' text; a byte piece stands for its byte.</summary>
    private static string Spell(Tokenizer tokenizer, IReadOnlyList<EncodedPiece> pieces)
    {
        var bytes = new List<byte>();
        foreach (EncodedPiece piece in pieces)
        {
            if (tokenizer.TypeOf(piece.Id) == PieceType.Byte)
            {
                bytes.Add(Convert.ToByte(piece.Text[3..5], 16));
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(piece.Text));
            }
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static SentencePieceModel Train(ModelType type, string settings)
    {
        var options = new TrainerOptions
        {
            ModelType = type,
            VocabSize = type == ModelType.Char ? 400 : 600,
            HardVocabLimit = false,
            ByteFallback = settings == "bytes",
            UserDefinedSymbols = { "<ai>", "\n" },
        };
        if (settings == "suffix")
        {
            options.TreatWhitespaceAsSuffix = true;
            options.NormalizationRuleName = "identity";
        }

        return TokenizerTrainer.Train(options, s_small.Value);
    }
}
