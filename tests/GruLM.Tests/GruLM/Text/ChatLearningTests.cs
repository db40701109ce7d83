// A chat whose weights adapt: it learns what was said, one turn late; its state can be saved, forked and taken back; the model itself stays
// as it is.

using GruLM.Formats;
using GruLM.Generation;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Tests;

public sealed class ChatLearningTests : IDisposable
{
    private const string Question = "How are you?", Next = "And the garden?", Last = "Well?";

    // Greedy, and steps so large that a turn shows.
    private static readonly GenerationOptions s_options = new()
    {
        MaxTokens = 12,
        IgnoreEos = true,
        Sampling = new SamplingOptions { Temperature = 0 },
    };

    private static readonly DynamicOptions s_learn = new() { LearningRate = 0.05, Segment = 8 };

    private readonly TinyModel _tiny = new(SampleKind.Stream);

    private string State => Path.Combine(_tiny.Folder, "talk.state");

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void It_answers_as_the_model_at_first_and_otherwise_later()
    {
        string before = FolderChecksums.Of(Path.Combine(_tiny.Folder, "model.safetensors"));
        using LanguageModel model = _tiny.Open(weights: WeightFormat.Fp32);
        using ChatSession plain = model.StartChat(s_options), learning = model.StartChat(s_options, s_learn);
        Assert.Equal(Say(plain, Question), Say(learning, Question));
        Assert.NotEqual(Say(plain, Next) + Say(plain, Last), Say(learning, Next) + Say(learning, Last));
        using ChatSession still = model.StartChat(s_options, s_learn with { LearningRate = 0 });
        plain.Reset();
        Assert.Equal(Talk(plain), Talk(still));
        Assert.Equal(before, FolderChecksums.Of(Path.Combine(_tiny.Folder, "model.safetensors")));
    }

    [Fact]
    public void What_was_said_becomes_likelier()
    {
        using LanguageModel model = _tiny.Open();
        int[] said = model.Tokenizer.Encode("The garden is full of bees.");
        using TalkLearner learner = model.NewLearner(s_learn with { LearningRate = 0.005 });
        float before = LogProb(learner, said);
        for (int turn = 0; turn < 20; turn++) learner.Learn(new float[2 * 24], said);
        Assert.InRange(LogProb(learner, said), before + (3 * said.Length / 2f), 0);
    }

    [Fact]
    public void A_saved_chat_goes_on_as_if_it_had_not_ended()
    {
        using LanguageModel model = _tiny.Open();
        using ChatSession whole = model.StartChat(s_options, s_learn);
        string first = Say(whole, Question), second = Say(whole, Next);
        whole.Save(State);
        string third = Say(whole, Last) + Say(whole, Question);

        using LanguageModel again = _tiny.Open(threads: 1);
        using ChatSession loaded = again.StartChat(s_options, s_learn);
        loaded.Load(State);
        Assert.Equal(third, Say(loaded, Last) + Say(loaded, Question));

        // Saving changes nothing.
        using ChatSession unsaved = model.StartChat(s_options, s_learn);
        Assert.Equal((first, second, third), (Say(unsaved, Question), Say(unsaved, Next), Say(unsaved, Last) + Say(unsaved, Question)));
    }

    [Fact]
    public void A_turn_that_was_taken_back_was_not_learned()
    {
        using LanguageModel model = _tiny.Open();
        using ChatSession chat = model.StartChat(s_options, s_learn), other = model.StartChat(s_options, s_learn);
        Assert.Equal(Say(other, Question), Say(chat, Question));
        Say(chat, Last);
        Assert.True(chat.Undo());
        Assert.Equal(Say(other, Next) + Say(other, Last), Say(chat, Next) + Say(chat, Last));
    }

    [Fact]
    public void A_fork_learns_for_itself_and_a_reset_forgets()
    {
        using LanguageModel model = _tiny.Open();
        using ChatSession chat = model.StartChat(s_options, s_learn);
        string first = Say(chat, Question);
        string whole;
        using (ChatSession fork = chat.Fork())
        {
            whole = Say(fork, Next) + Say(fork, Last);
            Say(fork, Question);
        }

        Assert.Equal(whole, Say(chat, Next) + Say(chat, Last));
        chat.Reset();
        Assert.Equal((first, whole), (Say(chat, Question), Say(chat, Next) + Say(chat, Last)));
    }

    [Fact]
    public void States_that_do_not_fit_are_refused_and_the_chat_goes_on()
    {
        using LanguageModel model = _tiny.Open();
        using ChatSession learning = model.StartChat(s_options, s_learn), plain = model.StartChat(s_options);
        Say(learning, Question);
        learning.Save(State);
        string then = Say(learning, Next);
        plain.Save(State + ".plain");
        Refused(plain, State, "'Learn'");
        Refused(learning, State + ".plain", "int8");
        byte[] bytes = File.ReadAllBytes(State);
        bytes[^100] ^= 1;
        File.WriteAllBytes(State + ".bad", bytes);
        Refused(learning, State + ".bad", "damaged");
        learning.Load(State);
        Assert.Equal(then, Say(learning, Next));

        static void Refused(ChatSession chat, string path, string words) => Assert.Contains(
            words, Assert.Throws<InvalidDataException>(() => chat.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_make_no_sense_and_ended_models_are_told()
    {
        LanguageModel model = _tiny.Open();
        Assert.ThrowsAny<ArgumentException>(() => model.StartChat(s_options, new DynamicOptions { Segment = 0 }));
        using ChatSession chat = model.StartChat(s_options, s_learn);
        Say(chat, Question);
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Say(chat, Next));
        Assert.Throws<ObjectDisposedException>(() => chat.Reset());
    }

    private static float LogProb(TalkLearner learner, int[] tokens)
    {
        using IDecodingSession session = learner.NewSession();
        var logProbs = new LogProbs();
        float sum = 0;
        foreach ((int id, int next) in tokens.Zip(tokens.Skip(1)))
        {
            session.Read(id);
            sum += logProbs.Of(session.Logits(), next, []);
        }

        return sum;
    }

    private static string Talk(ChatSession chat) => string.Join('|', Say(chat, Question), Say(chat, Next), Say(chat, Last));

    private static string Say(ChatSession chat, string message) => string.Concat(chat.Say(message));
}
