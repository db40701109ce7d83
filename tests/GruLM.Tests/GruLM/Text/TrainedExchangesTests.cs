// What a run records of the exchanges in its text, and what is made of runs that recorded nothing.

using System.Text;
using GruLM.Corpus;
using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM.Tests;

public sealed class TrainedExchangesTests : IDisposable
{
    private const string Single = "<prompt> a <ai> b\nc<end>\n", Talk = "<prompt> a <ai> b<end><prompt> c <ai> d<end>\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-exchanges-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(SampleKind.Stream, "Once upon a time.\nThe end.\n", false, "\n", null)]
    [InlineData(SampleKind.Lines, "Anna\nBen\n", false, "", null)]
    [InlineData(SampleKind.Stream, Single, true, "", "<end>|\n")]
    [InlineData(SampleKind.Stream, Single + Talk, true, "", "<end>")]
    [InlineData(SampleKind.Stream, "<prompt> a <ai> b <end> <prompt> c <ai> d <end>\n", true, "", "<end>| ")]
    [InlineData(SampleKind.Stream, "<prompt> a <ai> b\n<prompt> c <ai> d\n", true, "\n", "\n")]
    [InlineData(SampleKind.Stream, "<prompt> a <ai> b\n<prompt> c <ai> d\n<prompt> e <ai> f<end>\n", true, "\n", "\n")]
    [InlineData(SampleKind.Stream, "A text about <end> and nothing else.\n", false, "\n", null)]
    [InlineData(SampleKind.Lines, "<prompt> a <ai> b\n", true, "", null)]
    [InlineData(SampleKind.Lines, "<prompt> a <ai> b<end><prompt> c <ai> d\n", true, "", "<end>")]
    [InlineData(SampleKind.Stream, "", false, "\n", null)]
    public void A_text_tells_what_ends_an_answer(SampleKind samples, string text, bool trained, string stops, string? turnEnd)
    {
        GenerationConfig config = TrainedExchanges.Defaults(Encoding.UTF8.GetBytes(text), samples, null, default);
        Assert.Equal(trained, config.Chat.IsTrained);
        Assert.Equal(stops, string.Concat(config.ChatStopTokens));
        Assert.Equal(turnEnd?.Split('|'), config.Chat.TurnEnd);

        // It comes back from its file.
        config.Save(_folder);
        var read = GenerationConfig.Load(_folder, samples);
        Assert.Equal(config.Chat.IsTrained, read.Chat.IsTrained);
        Assert.Equal(config.ChatStopTokens, read.ChatStopTokens);
        Assert.Equal(config.Chat.TurnEnd, read.Chat.TurnEnd);
    }

    [Theory]
    [InlineData(SampleKind.Lines, "<prompt> a <ai> b\nNo talk.\n<prompt> c <ai> d\n", true)]
    [InlineData(SampleKind.Lines, "<prompt> a <ai> b\n<prompt> c <ai> d <prompt> e <ai> f\n", false)]
    [InlineData(SampleKind.Lines, "<prompt> a <ai> b<end><prompt> c <ai> d\n", false)]
    [InlineData(SampleKind.Lines, "Anna\nBen\n", null)]
    [InlineData(SampleKind.Stream, "<prompt> a <ai> b<end>\n", null)]
    public void A_text_tells_whether_questions_stand_alone(SampleKind samples, string text, bool? isSingle)
    {
        GenerationConfig config = TrainedExchanges.Defaults(Encoding.UTF8.GetBytes(text), samples, null, default);
        Assert.Equal(isSingle, config.Chat.IsSingle);
        config.Save(_folder);
        Assert.Equal(isSingle, GenerationConfig.Load(_folder, samples).Chat.IsSingle);
    }

    [Fact]
    public void Words_that_lie_across_the_blocks_of_a_long_text_are_found()
    {
        for (int shift = 0; shift < 16; shift++)
        {
            string text = new string('x', (1 << 20) - shift) + Talk;
            Assert.Equal(["<end>"], TrainedExchanges.Defaults(Encoding.UTF8.GetBytes(text), SampleKind.Stream, null, default).Chat.TurnEnd);
        }
    }

    [Fact]
    public void A_model_that_learns_on_keeps_the_exchanges_that_it_knows()
    {
        GenerationConfig talks = Defaults(Talk, null);
        Assert.Equal((true, "<end>"), Told(Defaults("Plain text.\n", (SampleKind.Stream, talks))));
        Assert.Equal((true, "\n"), Told(Defaults("<prompt> a <ai> b\n", (SampleKind.Stream, talks))));
        Assert.Equal((true, null), Told(Defaults("Plain text.\n", (SampleKind.Lines, Defaults(Talk, null)))));
        Assert.Equal((null, null), Told(Defaults("Plain text.\n", (SampleKind.Stream, new GenerationConfig()))));

        GenerationConfig Defaults(string text, (SampleKind, GenerationConfig)? start) =>
            TrainedExchanges.Defaults(Encoding.UTF8.GetBytes(text), SampleKind.Stream, start, default);
        (bool?, string?) Told(GenerationConfig config) =>
            (config.Chat.IsTrained, config.Chat.TurnEnd is { } end ? string.Concat(end) : null);
    }

    [Theory]
    [InlineData("talk.jsonl", null, true)]
    [InlineData("talk.csv", null, true)]
    [InlineData("talk.txt", CorpusFormat.JsonLines, true)]
    [InlineData("talk.txt", null, false)]
    [InlineData("talk.jsonl", CorpusFormat.Plain, false)]
    public void A_run_from_before_it_was_recorded_is_judged_by_its_files(string data, CorpusFormat? format, bool records)
    {
        GenerationConfig.For(SampleKind.Stream).Save(_folder);
        Directory.CreateDirectory(Path.Combine(_folder, "training"));
        var settings = new TrainingSettings { Data = [data], DataFormat = format };
        SettingsFile.Write(Path.Combine(_folder, "training", "settings.json"), settings);
        var config = GenerationConfig.Load(_folder, SampleKind.Stream);
        Assert.Equal(records ? [] : ["\n"], config.ChatStopTokens);
        Assert.Equal(records ? ["<end>", "\n"] : null, config.Chat.TurnEnd);

        // What somebody has set stays.
        (GenerationConfig.For(SampleKind.Stream) with { ChatStopTokens = ["."] }).Save(_folder);
        Assert.Equal(["."], GenerationConfig.Load(_folder, SampleKind.Stream).ChatStopTokens);
    }

    [Fact]
    public void Markers_that_are_no_pieces_end_a_reply_as_texts()
    {
        var own = new TrainerOptions { VocabSize = 40, HardVocabLimit = false };
        byte[] corpus = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Single, 20)));
        var tokenizer = new Tokenizer(TokenizerTrainer.Train(own, SentenceReader.SplitLines(corpus)));
        GenerationConfig config = TrainedExchanges.Defaults(corpus, SampleKind.Stream, null, default);
        var ids = new SpecialIds(tokenizer, SampleKind.Stream, config);
        Assert.Equal(["<end>", "<prompt>"], ids.ChatStopTexts);
        Assert.Equal(ids.Stops, ids.ChatStops);
        Assert.Equal([.. tokenizer.Encode("<end>"), .. tokenizer.Encode("\n")], ids.TurnEnd);
        var usual = new Tokenizer(DefaultTokenizer.Train(corpus, 300));
        ids = new SpecialIds(usual, SampleKind.Stream, config);
        Assert.Empty(ids.ChatStopTexts);
        Assert.Contains(usual.IdOf("<prompt>"), ids.ChatStops);
        Assert.Equal([usual.IdOf("<end>"), usual.IdOf("\n")], ids.TurnEnd);
    }

    [Fact]
    public void A_file_that_makes_no_sense_is_told_in_its_own_words()
    {
        File.WriteAllText(Path.Combine(_folder, "generation_config.json"), "{\"top_k\": -1}");
        Assert.Contains("top_k is -1", Refused(), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "generation_config.json"), "{\"chat\": {\"turn_end\": [null]}}");
        Assert.Contains("turn_end must be texts", Refused(), StringComparison.Ordinal);

        string Refused() =>
            Assert.Throws<InvalidDataException>(() => GenerationConfig.Load(_folder, SampleKind.Stream)).Message;
    }
}
