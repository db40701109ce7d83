// A model as C# programs use it: opening, generating, scoring, choosing; side by side, asynchronously, to the end.

using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM.Tests;

public sealed class LanguageModelTests : IDisposable
{
    private static readonly GenerationOptions s_random = new() { MaxTokens = 60, IgnoreEos = true };

    private readonly TinyModel _stream = new(SampleKind.Stream);
    private readonly TinyModel _lines = new(SampleKind.Lines);

    public void Dispose()
    {
        _stream.Dispose();
        _lines.Dispose();
    }

    [Fact]
    public void A_folder_tells_what_it_holds()
    {
        using LanguageModel model = _lines.Open();
        Assert.Equal(_lines.Folder, model.Folder);
        Assert.Equal((SampleKind.Lines, 24, 2), (model.Samples, model.Config.HiddenDim, model.Config.NumLayers));
        Assert.Equal(_lines.Tokenizer.VocabSize, model.Tokenizer.VocabSize);
        Assert.Equal(GenerationConfig.For(SampleKind.Lines).ToSampling().TopK, model.Defaults.TopK);
    }

    [Fact]
    public void Files_that_lie_elsewhere_are_the_same_model()
    {
        var asked = new List<string>();
        using var model = LanguageModel.Open(File, threads: 1);
        using LanguageModel same = _lines.Open();
        Assert.Equal(["config.json", "model.safetensors", "tokenizer.model", "generation_config.json"], asked);
        Assert.Equal(("", SampleKind.Lines), (model.Folder, model.Samples));
        Assert.Equal(Write(same, "The old", 3), Write(model, "The old", 3));
        using var withDefaults = LanguageModel.Open(name => name == "generation_config.json" ? null : File(name), threads: 1);
        Assert.Equal(Write(same, "The old", 3), Write(withDefaults, "The old", 3));

        Stream File(string name)
        {
            asked.Add(name);
            return System.IO.File.OpenRead(Path.Combine(_lines.Folder, name));
        }
    }

    [Theory]
    [InlineData("config.json", "nothing", "config.json: the model has no such file where it was looked for")]
    [InlineData("model.safetensors", "short", "model.safetensors: has 3 bytes, too few for a safetensors file")]
    [InlineData("tokenizer.model", "short", "'tokenizer.model' is not a SentencePiece model")]
    [InlineData("generation_config.json", "short", "generation_config.json: ")]
    public void Of_files_that_lie_elsewhere_a_bad_one_is_named(string bad, string how, string message)
    {
        Exception error = Assert.ThrowsAny<Exception>(() => LanguageModel.Open(Open));
        Assert.True(error is FileNotFoundException or InvalidDataException, error.ToString());
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetTempPath(), error.Message, StringComparison.Ordinal);

        Stream? Open(string name) => name != bad ? File.OpenRead(Path.Combine(_lines.Folder, name))
            : how == "short" ? new MemoryStream([1, 2, 3]) : null;
    }

    [Fact]
    public void A_seed_decides_the_text_and_it_is_0_where_nothing_is_said()
    {
        using LanguageModel model = _stream.Open();
        string text = string.Concat(model.Generate("The old clock", s_random));
        Assert.Equal(text, string.Concat(model.Generate("The old clock", s_random)));
        Assert.Equal(text, Write(model, "The old clock", 0));
        Assert.NotEqual(text, Write(model, "The old clock", 1));
        Assert.Equal("", string.Concat(model.Generate("The", s_random with { MaxTokens = 0 })));
        string before = string.Concat(model.Generate("The old clock", s_random with { Stop = [text[5..9]] }));
        Assert.Equal(text[..text.IndexOf(text[5..9], StringComparison.Ordinal)], before);
    }

    [Fact]
    public async Task Texts_generated_side_by_side_are_those_generated_alone()
    {
        using LanguageModel model = _stream.Open();
        string[] alone = [.. Enumerable.Range(0, 6).Select(i => Write(model, $"How {i}", (ulong)i))];
        Assert.Equal(6, alone.Distinct().Count());
        Assert.Equal(alone, await Together(6, i => Write(model, $"How {i}", (ulong)i)));

        // In turn on one thread, too.
        using IEnumerator<string> first = model.Generate("How 0", s_random with { Sampling = Seeded(model, 0) }).GetEnumerator();
        using IEnumerator<string> second = model.Generate("How 1", s_random with { Sampling = Seeded(model, 1) }).GetEnumerator();
        string[] texts = ["", ""];
        for (bool a = true, b = true; a || b;)
        {
            if (a && (a = first.MoveNext())) texts[0] += first.Current;
            if (b && (b = second.MoveNext())) texts[1] += second.Current;
        }

        Assert.Equal(alone[..2], texts);
    }

    [Fact]
    public async Task Texts_scored_side_by_side_get_the_figures_they_get_alone()
    {
        using LanguageModel model = _stream.Open();
        ScoredToken[][] alone = [.. Enumerable.Range(0, 4).Select(i => model.Score(TinyModel.LongText(i)).ToArray())];
        Assert.All(alone, scored => Assert.True(scored.Length > 600));
        Assert.Equal(alone, await Together(4, i => model.Score(TinyModel.LongText(i)).ToArray()));

        // Token by token in turn, and after one that was left in the middle.
        Assert.Equal(300, model.Score(TinyModel.LongText(3)).Take(300).Count());
        Assert.Equal(
            alone[0].Zip(alone[1]), model.Score(TinyModel.LongText(0)).Zip(model.Score(TinyModel.LongText(1))));
        Assert.Equal(alone[2], model.Score(TinyModel.LongText(2)));
    }

    [Fact]
    public void Texts_scored_side_by_side_share_the_weights_while_the_model_is_open()
    {
        const string Tensor = "embedding.weight";
        LanguageModel model = _stream.Open();
        var scorers = (First: (ITrainableModel)model.TakeScorer(), Second: (ITrainableModel)model.TakeScorer());
        (GruParameters first, GruParameters second) = (scorers.First.Parameters, scorers.Second.Parameters);
        Assert.True(first.Span(Tensor).Overlaps(second.Span(Tensor)));
        second.Dispose();
        Assert.Equal(first.Read(Tensor), second.Read(Tensor));
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => second.Read(Tensor));
    }

    [Fact]
    public async Task Writing_beside_scoring_changes_neither()
    {
        using LanguageModel model = _lines.Open();
        ScoredToken[] scored = [.. model.Score(TinyModel.LongText(1))];
        string text = Write(model, "I am", 3);
        double logProb = model.LogProb("I am", " well");
        Task<ScoredToken[]> scoring = Task.Run(() => model.Score(TinyModel.LongText(1)).ToArray());
        Task<double> choosing = Task.Run(() => model.LogProb("I am", " well"));
        Assert.Equal(text, Write(model, "I am", 3));
        Assert.Equal(scored, await scoring);
        Assert.Equal(logProb, await choosing);
    }

    [Fact]
    public void A_model_over_parameters_of_another_writes_what_they_say_now()
    {
        using IDevice device = Devices.Open(Devices.Cpu, new DeviceOptions(1, Precision.Fp32));
        (GruParameters parameters, SampleKind samples) = ModelFile.Load(_stream.Folder);
        using GruParameters owned = parameters;
        using LanguageModel opened = _stream.Open(weights: WeightFormat.Fp32);
        string before = Write(opened, "The garden", 5);
        ScoredToken[] scored = [.. opened.Score(TinyModel.LongText(1))];
        using var model = LanguageModel.Over(parameters, device, samples, _stream.Tokenizer, GenerationConfig.For(samples));
        Assert.Equal(before, Write(model, "The garden", 5));
        Assert.Equal(scored, model.Score(TinyModel.LongText(1)));
        foreach (ref float weight in parameters.Span("gru.weight_hh_l0")) weight = -weight;
        Assert.NotEqual(before, Write(model, "The garden", 5));
        Assert.NotEqual(scored, model.Score(TinyModel.LongText(1)));

        // Neither is freed with it.
        model.Dispose();
        Assert.NotEqual(0, parameters.Span("gru.weight_hh_l0")[0]);
        using var again = LanguageModel.Over(parameters, device, samples, _stream.Tokenizer, GenerationConfig.For(samples));
        Assert.NotEqual("", Write(again, "The garden", 5));
    }

    [Fact]
    public void A_line_model_whose_tokenizer_ends_no_line_is_refused_and_leaves_no_thread()
    {
        var settings = new TrainerOptions { ModelType = ModelType.Char, VocabSize = 40, HardVocabLimit = false, EosId = -1 };
        var endless = new Tokenizer(TokenizerTrainer.Train(settings, SentenceReader.SplitLines("how are you\nwell\n"u8.ToArray())));
        using var odd = new TinyModel(SampleKind.Lines, layers: 1, endless);
        const int UnusualNumber = 47;
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => odd.Open(UnusualNumber));
        Assert.StartsWith(Path.Combine(odd.Folder, "config.json") + ":", error.Message, StringComparison.Ordinal);
        Assert.Contains("neither a piece <end> nor", error.Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(odd.Folder, ModelFolder.TokenizerName));
        Assert.Throws<FileNotFoundException>(() => odd.Open(UnusualNumber));
        _stream.Tokenizer.Save(Path.Combine(odd.Folder, ModelFolder.TokenizerName));
        Assert.Throws<InvalidDataException>(() => odd.Open(UnusualNumber));
        Assert.Throws<DirectoryNotFoundException>(() => LanguageModel.Open(Path.Combine(odd.Folder, "nowhere")));
        Assert.Throws<ArgumentOutOfRangeException>(() => _stream.Open(-1));
        if (OperatingSystem.IsLinux()) Assert.DoesNotContain($"GruLM team {UnusualNumber - 1}", ThreadNames());
    }

    [Fact]
    public void What_makes_no_sense_is_said_in_one_line_and_in_the_names_of_the_library()
    {
        using LanguageModel model = _stream.Open();
        Assert.Equal("'count' is 0; at least 1 was expected", Refused(() => model.Complete("The", 0)));
        Assert.Equal("'width' is 257; a number from 1 to 256 was expected", Refused(() => model.Search("The", 257)));
        Assert.Equal("'conversations' is 0; at least 1 was expected", Refused(() => new GruChatClient(model, 0)));
        const string Empty = "the name of the model folder is empty; name the folder that holds a model";
        Assert.Equal(Empty, Refused(() => LanguageModel.Open("")));
        Assert.Equal(Empty, Refused(() => ModelEvaluation.Run("")));
        foreach (int threads in (int[])[-1, 1025])
        {
            string expected = $"'Threads' is {threads}; 0, for one a core, or a number of threads up to 1024 was expected";
            Assert.Equal(expected, Refused(() => _stream.Open(threads)));
        }

        Assert.Equal(
            "'Weights' is 99; Auto, Fp32 or Int8 was expected", Refused(() => LanguageModel.Open("m", weights: (WeightFormat)99)));
        Assert.Equal("'Stop' is null; an empty list stops at no text", Refused(() => model.StartText(new() { Stop = null! })));

        static string Refused(Func<object> act) => Assert.ThrowsAny<ArgumentException>(act).Message;
    }

    [Fact]
    public void A_disposed_model_says_so()
    {
        LanguageModel model = _stream.Open();
        using ChatSession chat = model.StartChat();
        using IEnumerator<string> text = model.Generate("The", s_random).GetEnumerator();
        using IEnumerator<ScoredToken> scores = model.Score(TinyModel.LongText(1)).GetEnumerator();
        Assert.True(text.MoveNext() && scores.MoveNext());
        model.Dispose();
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => text.MoveNext());
        Assert.Throws<ObjectDisposedException>(() => scores.MoveNext() && scores.MoveNext());
        Assert.Throws<ObjectDisposedException>(() => chat.Say("How").Count());
        Assert.Throws<ObjectDisposedException>(() => model.StartChat());
        Assert.Throws<ObjectDisposedException>(() => model.LogProb("a", "b"));
    }

    [Fact]
    public void A_disposed_session_names_itself()
    {
        using LanguageModel model = _stream.Open();
        TextSession text = model.StartText(), fork = text.Fork();
        ChatSession chat = model.StartChat();
        text.Dispose();
        fork.Dispose();
        chat.Dispose();
        Assert.Equal(nameof(TextSession), Assert.Throws<ObjectDisposedException>(() => text.Read("a")).ObjectName);
        Assert.Equal(nameof(TextSession), Assert.Throws<ObjectDisposedException>(() => fork.Write().Count()).ObjectName);
        Assert.EndsWith(nameof(ChatSession), Assert.Throws<ObjectDisposedException>(() => chat.Say("a").Count()).ObjectName);
    }

    [Fact]
    public async Task Disposing_waits_for_the_step_at_work()
    {
        LanguageModel model = _stream.Open();
        Task[] users = [.. Enumerable.Range(0, 4).Select(i => Task.Run(() =>
        {
            while (true) Write(model, "The old clock", (ulong)i);
        }))];
        await Task.Delay(50, TestContext.Current.CancellationToken);
        model.Dispose();
        foreach (Task user in users) await Assert.ThrowsAsync<ObjectDisposedException>(() => user);
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused_by_name_before_anything_is_read()
    {
        using LanguageModel model = _stream.Open();
        Refused("'MaxTokens' is -1", s_random with { MaxTokens = -1 });
        Refused("'Stop'", s_random with { Stop = ["x", ""] });
        Refused("'Stop'", s_random with { Stop = [null!] });
        Assert.ThrowsAny<ArgumentException>(() => model.Generate("", s_random with { Sampling = new SamplingOptions { TopP = 0 } }));
        Assert.Throws<ArgumentNullException>(() => model.Generate(null!));
        Assert.Throws<ArgumentNullException>(() => model.Score(null!));

        void Refused(string expected, GenerationOptions options)
        {
            foreach (Action call in (Action[])[() => model.Generate("", options), () => model.GenerateAsync("", options), Chat])
            {
                Assert.Contains(expected, Assert.Throws<ArgumentException>(call).Message, StringComparison.Ordinal);
            }

            void Chat() => model.StartChat(options).Dispose();
        }
    }

    [Fact]
    public void Defaults_that_make_no_sense_are_refused_by_name()
    {
        var config = new GenerationConfig { StopTokens = [null!] };
        ArgumentException error = Assert.Throws<ArgumentException>(() => config.Save(_stream.Folder));
        Assert.Contains("'StopTokens'", error.Message, StringComparison.Ordinal);
        Assert.ThrowsAny<ArgumentException>(() => new GenerationConfig { TopK = -1 }.Validate());
        new GenerationConfig().Validate();
    }

    internal static SamplingOptions Seeded(LanguageModel model, ulong seed) => model.Defaults.ToSampling() with { Seed = seed };

    private static string Write(LanguageModel model, string prompt, ulong seed) =>
        string.Concat(model.Generate(prompt, s_random with { Sampling = Seeded(model, seed) }));

    // The results of calls that begin at the same time.
    private static async Task<T[]> Together<T>(int count, Func<int, T> call)
    {
        using var start = new Barrier(count);
        return await Task.WhenAll(Enumerable.Range(0, count).Select(i => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                return call(i);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
    }

    private static List<string> ThreadNames()
    {
        var names = new List<string>();
        foreach (string thread in Directory.GetDirectories("/proc/self/task"))
        {
            try
            {
                names.Add(File.ReadAllText(Path.Combine(thread, "comm")).TrimEnd());
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return names;
    }
}
