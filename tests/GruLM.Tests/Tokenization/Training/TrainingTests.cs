// What training learns from tiny texts under compat 0.2 (the figures the reference states for its own), what it refuses and how it says so.
using System.Text;
using GruLM.Tokenization;

namespace GruLM.Tests.Tokenization;

public class TrainingTests
{
    [Theory]
    [InlineData("abracadabra", "", "ab ra abra ad cad abracad abracadabra ac br a b r c d")]
    [InlineData("pen pineapple apple", "", "ap le app apple en in ine pen p e a l n i")]
    [InlineData("hellohe", "", "he ll llo hello hellohe el lo oh hel ohe e h l o")]
    [InlineData("pen pineapple apple", "app", "app le en in ine pen pine ne pe e l n p i")]
    public void Bpe_learns_these_pieces_in_this_order(string lines, string symbol, string expected)
    {
        TrainerOptions options = Options(ModelType.Bpe, 17);
        if (symbol.Length > 0)
        {
            options.UserDefinedSymbols.Add(symbol);
        }

        SentencePieceModel model = Train(options, lines.Split(' '));
        Assert.Equal(expected, string.Join(' ', model.Pieces.Skip(3).Select(p => p.Text)));
    }

    [Fact]
    public void Overlapping_pairs_count_in_0_2_and_not_in_0_1()
    {
        // Of "aaa" two and one pairs count; against "bc" three times the order turns.
        string[] lines = ["aaa", "aaa", "bc", "bc", "bc"];
        TrainerOptions now = Options(ModelType.Bpe, 8), then = Options(ModelType.Bpe, 8);
        then.Compat = Compatibility.V01;
        Assert.Equal("aa", Train(now, lines)[3].Text);
        Assert.Equal("bc", Train(then, lines)[3].Text);
    }

    [Fact]
    public void Unigram_learns_these_pieces_from_counted_text()
    {
        TrainerOptions options = Options(ModelType.Unigram, 27);
        options.InputFormat = "tsv";
        SentencePieceModel model = Train(
            options, "magnanimity \t 5", "Pineapple \t 6", "i have an apple and a pen \t 1", "Overly \t 6", "Available \t 3");
        Assert.Equal(
            "A O P a an apple b d e g h i l le m n p r t v ve y ▁ ▁an",
            string.Join(' ', model.Pieces.Skip(3).Select(p => p.Text).Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData(
        ModelType.Bpe, "▁ 吾輩 《 わが はい 》 は猫 である 。 名前 はまだ 無い 。 どこで 生 れた か とん と見 当 《 けんとう 》 が つかぬ 。 " +
        "何でも 薄 暗 いじ め じ め した 所で ニャー ニャー 泣 いていた 事 だけは 記憶 している 。")]
    [InlineData(
        ModelType.Unigram, "▁ 吾輩 《 わが はい 》 は猫である 。 名前はまだ 無 い 。 どこ で 生 れた か とん と 見当 《 けん とう 》 が つか ぬ 。 " +
        "何でも 薄 暗 い じめ じめ した 所で ニャーニャー 泣 い ていた 事 だけは 記憶 している 。")]
    public void The_cat_is_cut_as_the_current_reference_cuts_it(ModelType type, string expected)
    {
        byte[] corpus = Corpora.Read("nekodearu.txt");
        var options = new TrainerOptions
        {
            ModelType = type,
            VocabSize = 8000,
            NormalizationRuleName = "identity",
            ControlSymbols = { "<ctrl>" },
            MaxSentenceLength = 2048,
        };
        if (type == ModelType.Unigram)
        {
            options.UserDefinedSymbols.Add("<user>");
        }

        var tokenizer = new Tokenizer(
            TokenizerTrainer.Train(options, Corpora.Lines(corpus), cancellation: TestContext.Current.CancellationToken));
        const string Text = "吾輩《わがはい》は猫である。名前はまだ無い。どこで生れたかとんと見当《けんとう》がつかぬ。" +
            "何でも薄暗いじめじめした所でニャーニャー泣いていた事だけは記憶している。";
        Assert.Equal(expected, string.Join(' ', tokenizer.EncodePieces(Text).Select(p => p.Text)));
    }

    [Fact]
    public void Specimens_are_stored_and_hold()
    {
        TrainerOptions options = Options(ModelType.Unigram, 14);
        options.SelfTestSampleSize = 2;
        options.HardVocabLimit = false;
        SentencePieceModel model = Train(options, "abracadabra", "abraham", "cadabra");
        Assert.Equal(2, model.SelfTestSamples.Count);
        Assert.Equal(model.Count, Tokenizer.Load(model.ToBytes()).VocabSize);
    }

    [Fact]
    public void A_vocabulary_the_text_cannot_fill_names_the_maximum()
    {
        VocabularySizeException error = Assert.Throws<VocabularySizeException>(() => Train(Options(ModelType.Bpe, 500), "abracadabra"));
        Assert.NotNull(error.Maximum);
        Assert.Equal(error.Maximum, Train(Options(ModelType.Bpe, error.Maximum.Value), "abracadabra").Count);
        Assert.Throws<VocabularySizeException>(() => Train(Options(ModelType.Bpe, error.Maximum.Value + 1), "abracadabra"));
    }

    [Theory]
    [InlineData("vocab_size", "0")]
    [InlineData("vocab_size", "many")]
    [InlineData("character_coverage", "0.5")]
    [InlineData("max_sentencepiece_length", "0")]
    [InlineData("num_threads", "0")]
    [InlineData("shrinking_factor", "1")]
    [InlineData("input_sentence_size", "50")]
    [InlineData("model_type", "gpt")]
    [InlineData("input_format", "json")]
    [InlineData("unk_piece", "")]
    [InlineData("unk_id", "-1")]
    [InlineData("bos_id", "0")]
    [InlineData("user_defined_symbols", "<a>,<a>")]
    [InlineData("control_symbols", "<unk>")]
    [InlineData("normalization_rule_name", "nfq")]
    [InlineData("use_all_vocab", "true")]
    [InlineData("byte_fallback", "maybe")]
    [InlineData("no_such_setting", "1")]
    [InlineData("required_chars", "Z")]
    public void Bad_settings_are_refused_in_words(string name, string value)
    {
        TrainerOptions options = Options(ModelType.Bpe, 15);
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(() =>
        {
            options.Set(name, value);
            Train(options, "abracadabra");
        });
        Assert.Null(error.ParamName);
        Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_corpus_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => Train(Options(ModelType.Bpe, 10)));
        Assert.Throws<InvalidDataException>(() => Train(Options(ModelType.Unigram, 10), "", "", "\u2585"));
    }

    [Fact]
    public void What_is_left_out_is_counted_by_its_reason()
    {
        string[] lines = ["one fine day", "", new('x', 90), "a \u2585 b", "two fine days", "\u2585", new('\u2585', 40), "three"];
        LeftOutSentences last = default;
        var options = new TrainerOptions { ModelType = ModelType.Char, VocabSize = 30, MaxSentenceLength = 50, HardVocabLimit = false };
        TokenizerTrainer.Train(options, Sentences(lines), progress => last = progress.LeftOut);
        Assert.Equal(new LeftOutSentences(TooLong: 2, Reserved: 2), last);
        InvalidDataException none = Assert.Throws<InvalidDataException>(() => TokenizerTrainer.Train(options, Sentences(lines[2..4])));
        Assert.Equal(
            "The corpus has no usable sentence: 1 longer than max_sentence_length (50 bytes) and 1 with U+2585, which training keeps "
            + "for itself.", none.Message);
    }

    [Theory]
    [InlineData(ModelType.Bpe, 3, 32)]
    [InlineData(ModelType.Unigram, 2, 32)]
    [InlineData(ModelType.Word, 2, 22)]
    public void A_vocabulary_that_is_far_too_small_names_the_smallest_that_would_do(ModelType type, int size, int minimum)
    {
        var options = new TrainerOptions { ModelType = type, VocabSize = size, PadId = 3 };
        foreach (int i in Enumerable.Range(0, 18)) options.ControlSymbols.Add($"<{i}>");
        VocabularySizeException error = Assert.Throws<VocabularySizeException>(
            () => TokenizerTrainer.Train(options, Sentences("one two", "three four")));
        Assert.Equal(minimum, error.Minimum);
        Assert.Contains($"give 'VocabSize' {minimum} or more.", error.Message, StringComparison.Ordinal);
        Assert.Contains(
            "'PadId' is 99, which does not fit in a vocabulary of 30",
            Assert.Throws<VocabularySizeException>(() => new MetaPieces(new TrainerOptions { VocabSize = 30, PadId = 99 })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_in_files_may_come_from_Windows()
    {
        string folder = Directory.CreateTempSubdirectory("grulm-lists-").FullName;
        try
        {
            string list = Path.Combine(folder, "list");
            File.WriteAllText(list, "\uFEFF<a b>\r\n\r\n<c>\r\n", new UTF8Encoding(false));
            var options = new TrainerOptions();
            options.Set("user_defined_symbols_file", list);
            options.Set("control_symbols_file", list);
            options.Set("required_chars_file", list);
            Assert.Equal(["<a b>", "<c>"], options.UserDefinedSymbols);
            Assert.Equal(["<a b>", "<c>"], options.ControlSymbols);
            Assert.Equal("<a b><c>", options.RequiredChars);
            File.WriteAllText(list, "\uFEFF41\t42\r\n\r\n43 44\t45\r\n", new UTF8Encoding(false));
            Normalizer rules = NormalizationRules.CreateNormalizer(NormalizationRules.TableOfFile(list), false, false, false);
            Assert.Equal("BE", rules.Normalize("ACD"));
            File.WriteAllText(list, "\uFEFFone\t5\r\ntwo\t1\r\nthree\r\n", new UTF8Encoding(false));
            Assert.Equal(["one"], Tokenizer.ReadVocabulary(list, 2));
            Assert.Equal(["one", "two", "three"], Tokenizer.ReadVocabulary(list, 1));
            File.WriteAllText(list, "41\tmany\n");
            ArgumentException wrong = Assert.Throws<ArgumentException>(() => NormalizationRules.TableOfFile(list));
            Assert.EndsWith("in hexadecimal and parted by single spaces, such as '41 30A\tC5'.", wrong.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("0", 0u)]
    [InlineData("4294967295", uint.MaxValue)]
    [InlineData("2147483648", 2147483648u)]
    [InlineData("-1", uint.MaxValue)]
    public void A_seed_has_32_bits(string text, uint seed)
    {
        var options = new TrainerOptions();
        options.Set("random_seed", text);
        Assert.Equal(seed, options.SelfTestSeed);
        Assert.Throws<ArgumentException>(() => options.Set("random_seed", "4294967296"));
    }

    [Fact]
    public void A_model_is_written_beside_nothing_of_the_users()
    {
        string folder = Directory.CreateTempSubdirectory("grulm-save-").FullName;
        try
        {
            string path = Path.Combine(folder, "m.model");
            File.WriteAllText(path + ".partial", "mine");
            SentencePieceModel model = DefaultTokenizer.Train("some text\nand more", 300);
            model.Save(path);
            model.SaveVocabulary(Path.Combine(folder, "m.vocab"));
            Assert.Equal(["m.model", "m.model.partial", "m.vocab"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
            Assert.Equal("mine", File.ReadAllText(path + ".partial"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Training_can_be_cancelled() => Assert.Throws<OperationCanceledException>(() => TokenizerTrainer.Train(
        Options(ModelType.Bpe, 15), [Encoding.UTF8.GetBytes("abracadabra")], null, new CancellationToken(canceled: true)));

    [Theory]
    [InlineData("a,b", "a|b")]
    [InlineData("\"a,b\",c", "a,b|c")]
    [InlineData("\"a\"\"b\",c", "a\"b|c")]
    [InlineData("a", "a")]
    [InlineData("", "")]
    public void Lists_are_split_at_commas_outside_quotes(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', TrainerOptions.SplitList(text)));

    [Fact]
    public void Every_setting_can_be_set_by_name()
    {
        foreach (string name in TrainerOptions.Names)
        {
            foreach (string value in new[] { "1", "true", "bpe", "0.1", Path.GetTempFileName() })
            {
                try
                {
                    new TrainerOptions().Set(name.Replace('_', '-'), value);
                    break;
                }
                catch (Exception e) when (e is ArgumentException or FileNotFoundException)
                {
                    Assert.DoesNotContain("There is no training setting", e.Message, StringComparison.Ordinal);
                }
            }
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Sentences(params string[] lines) =>
        lines.Select(line => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(line));

    private static TrainerOptions Options(ModelType type, int size) =>
        new() { ModelType = type, VocabSize = size, NormalizationRuleName = "identity", AddDummyPrefix = false };

    private static SentencePieceModel Train(TrainerOptions options, params string[] lines) =>
        TokenizerTrainer.Train(
            options, lines.Select(l => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(l)),
            cancellation: TestContext.Current.CancellationToken);
}
