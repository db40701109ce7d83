// A text whose state is copied, saved and gone on from is the text that it would have been.

using GruLM.Generation;
using GruLM.Model;

namespace GruLM.Tests;

public sealed class TextSessionTests : IDisposable
{
    private static readonly GenerationOptions s_options = new()
    {
        Sampling = new SamplingOptions { Seed = 7, Temperature = 1, RepeatPenalty = 1.3, RepeatLastN = 20 },
        MaxTokens = 30,
    };

    private readonly TinyModel _tiny = new(SampleKind.Stream);
    private readonly string _path = Path.GetTempFileName();

    [Fact]
    public void Parts_of_a_text_are_the_text_that_is_written_at_once()
    {
        using LanguageModel model = _tiny.Open();
        using TextSession whole = model.StartText(s_options with { MaxTokens = 60 }), parts = model.StartText(s_options);
        whole.Read("The garden");
        parts.Read("The garden");
        string expected = string.Concat(whole.Write());
        Assert.Equal(60, whole.TokensWritten);
        Assert.Equal(FinishReason.Length, whole.FinishReason);

        // A character that was begun is shown as such where a text ends.
        Assert.StartsWith(string.Concat(parts.Write()).TrimEnd('\uFFFD'), expected, StringComparison.Ordinal);
        Assert.Equal(30, parts.TokensWritten);
    }

    [Fact]
    public void Forks_and_saved_texts_go_on_alike()
    {
        foreach (WeightFormat weights in (WeightFormat[])[WeightFormat.Int8, WeightFormat.Fp32])
        {
            using LanguageModel model = _tiny.Open(weights: weights);
            using TextSession text = model.StartText(s_options);
            text.Read("Once upon");
            _ = string.Concat(text.Write());
            text.Save(_path);
            using TextSession fork = text.Fork();
            string expected = string.Concat(text.Write());
            Assert.Equal(expected, string.Concat(fork.Write()));
            using TextSession loaded = model.StartText(s_options);
            loaded.Load(_path);
            Assert.Equal(expected, string.Concat(loaded.Write()));
            Assert.Equal(string.Concat(text.Write()), string.Concat(loaded.Write()));
        }
    }

    [Fact]
    public void A_text_is_read_whole_or_not_at_all()
    {
        using LanguageModel model = _tiny.Open();
        using TextSession text = model.StartText(s_options), other = model.StartText(s_options);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.False(text.TryRead("The garden", stop.Token));
        Assert.True(text.TryRead("Once upon", CancellationToken.None));
        Assert.False(text.TryRead(" a time", stop.Token));

        // Wherever it is cancelled: what was read so far is forgotten, by the penalties too.
        other.Read("Once upon");
        string book = string.Concat(Enumerable.Repeat("the old clock stands still ", 20_000));
        for (int milliseconds = 1; milliseconds <= 16; milliseconds *= 2)
        {
            using var soon = new CancellationTokenSource(milliseconds);
            if (text.TryRead(book, soon.Token)) other.Read(book);
        }

        Assert.Equal(string.Concat(other.Write()), string.Concat(text.Write()));
    }

    [Fact]
    public void A_file_that_is_damaged_or_belongs_to_others_is_refused()
    {
        using LanguageModel model = _tiny.Open();
        using TextSession text = model.StartText(s_options);
        text.Read("Once upon");
        text.Save(_path);
        byte[] saved = File.ReadAllBytes(_path);
        var random = new Random(1);
        int rounds = Environment.GetEnvironmentVariable("GRULM_TESTS") == "full" ? 100_000 : 3_000;
        for (int i = 0; i < rounds; i++)
        {
            File.WriteAllBytes(_path, Mutated(saved, random));
            Assert.Throws<InvalidDataException>(() => text.Load(_path));
        }

        File.WriteAllBytes(_path, saved);
        text.Load(_path);
        using LanguageModel exact = _tiny.Open(weights: WeightFormat.Fp32);
        using TextSession other = exact.StartText();
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => other.Load(_path));
        Assert.Contains("'Weights = Int8'", error.Message, StringComparison.Ordinal);
        using var foreign = new TinyModel(SampleKind.Stream, seed: 99);
        using LanguageModel stranger = foreign.Open();
        using TextSession third = stranger.StartText();
        error = Assert.Throws<InvalidDataException>(() => third.Load(_path));
        Assert.Contains("another model", error.Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => text.Load(_path + ".none"));
        IOException isFolder = Assert.ThrowsAny<IOException>(() => text.Load(_tiny.Folder));
        Assert.Equal($"{_tiny.Folder}: is a folder; name a file that 'Save' has written", isFolder.Message);
    }

    [Fact]
    public void A_text_goes_on_from_a_chat_and_a_chat_from_a_text()
    {
        using LanguageModel model = _tiny.Open();
        using ChatSession chat = model.StartChat(s_options);
        _ = string.Concat(chat.Say("How are you?"));
        chat.Save(_path);
        using TextSession text = model.StartText(s_options), other = model.StartText(s_options);
        text.Load(_path);
        other.Load(_path);
        Assert.Equal(string.Concat(text.Write()), string.Concat(other.Write()));
        text.Save(_path);
        chat.Load(_path);
        Assert.NotEmpty(string.Concat(chat.Say("And now?")));
    }

    [Fact]
    public void Choices_are_told_of_texts_in_parts_and_of_completions_where_they_are_asked_for()
    {
        using LanguageModel model = _tiny.Open();
        GenerationOptions asked = s_options with { LogProbs = 2 };
        using TextSession text = model.StartText(asked);
        text.Read("Once upon");
        _ = string.Concat(text.Write());
        Completion completion = model.Complete("Once upon", 1, asked).Single();
        Assert.Equal(text.TokensWritten, text.Choices.Count);
        Assert.Equal(completion.Tokens, completion.Choices.Count);
        Assert.Empty(model.Search("Once upon", 1, asked)[0].Choices);
    }

    [Fact]
    public void Options_can_change_on_the_way()
    {
        using LanguageModel model = _tiny.Open();
        using TextSession text = model.StartText(s_options);
        text.Options = s_options with { MaxTokens = 3 };
        _ = string.Concat(text.Write());
        Assert.Equal(3, text.TokensWritten);
        Assert.Throws<ArgumentException>(() => text.Options = s_options with { MaxTokens = -1 });
        text.Reset();
        string first = string.Concat(text.Write());
        text.Reset();
        Assert.Equal(first, string.Concat(text.Write()));
    }

    [Fact]
    public void A_turn_that_is_undone_was_never_said()
    {
        using LanguageModel model = _tiny.Open();
        using ChatSession chat = model.StartChat(s_options), plain = model.StartChat(s_options);
        _ = string.Concat(chat.Say("Hello"));
        _ = string.Concat(plain.Say("Hello"));
        Assert.Equal((1, 1), (chat.Turns, plain.Turns));
        _ = string.Concat(chat.Say("Something else"));
        Assert.True(chat.Undo());
        chat.Save(_path);
        using ChatSession fork = chat.Fork();
        string next = string.Concat(chat.Say("And then"));
        Assert.Equal(next, string.Concat(fork.Say("And then")));
        using ChatSession loaded = model.StartChat(s_options);
        loaded.Load(_path);
        Assert.Equal(next, string.Concat(loaded.Say("And then")));
        Assert.Equal(string.Concat(chat.Say("More")), string.Concat(loaded.Say("More")));

        // Greedily, so that the draws made meanwhile do not matter.
        GenerationOptions greedy = s_options with { Sampling = new SamplingOptions { Temperature = 0 } };
        using ChatSession undone = model.StartChat(greedy), never = model.StartChat(greedy);
        _ = string.Concat(undone.Say("Something else"));
        Assert.True(undone.Undo());
        Assert.False(undone.Undo());
        Assert.Equal(string.Concat(never.Say("Hello")), string.Concat(undone.Say("Hello")));
    }

    public void Dispose()
    {
        _tiny.Dispose();
        File.Delete(_path);
    }

    private static byte[] Mutated(byte[] saved, Random random)
    {
        byte[] bytes = [.. saved];
        switch (random.Next(4))
        {
            case 0:
                return bytes[..random.Next(bytes.Length)];
            case 1:
                return [.. bytes, (byte)random.Next(256)];
            default:
                for (int changes = 1 + random.Next(3), i = 0; i < changes; i++)
                {
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                }

                return bytes.AsSpan().SequenceEqual(saved) ? bytes[..^1] : bytes;
        }
    }
}
