// What a person is told of a run is true of this text and this run: what is learned, what was asked for, what the model is for.

using GruLM.Cli.Demo;

namespace GruLM.Tests.Cli;

public sealed class TrainingMessagesTests : IDisposable
{
    private const string Small = "--hidden-dim 16 --emb-dim 16 --num-layers 1 --batch-size 4 --bptt 16 --max-steps 2";

    private readonly string _root = Directory.CreateTempSubdirectory("grulm-messages-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_model_of_lines_is_proposed_to_write_some_by_itself()
    {
        string names = Text("names.txt", string.Concat(Enumerable.Range(0, 200).Select(i => $"Anna{i}\n")));
        Assert.EndsWith(
            $"generate --model {_root}/model (another line each time; --prompt \"…\" gives its beginning)\n",
            Good($"train --data {names} --samples lines --out-dir {_root}/model {Small}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "learning a tokenizer of about 2048 pieces …")]
    [InlineData("--vocab-size 320", "learning a tokenizer of 320 pieces …")]
    [InlineData("--model-type char", "learning a tokenizer of the text's characters, in at most 2048 pieces …")]
    [InlineData("--model-type char --vocab-size 300", "learning a tokenizer of the text's characters, in at most 300 pieces …")]
    public void What_the_tokenizer_learns_is_said_by_its_kind(string flags, string expected)
    {
        string text = Text("text.txt", SampleCorpus.Generate(5, 8_000));
        string messages = Good($"train --data {text} --out-dir {_root}/model {Small} {flags}".TrimEnd());
        Assert.Contains($"\n{expected}\n", messages, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--preset chapter", false)]
    [InlineData("--preset chapter --vocab-size 1500", true)]
    [InlineData("--vocab-size 1024", true)]
    [InlineData("", false)]
    public void Only_a_vocabulary_that_was_asked_for_is_said_to_be_smaller(string flags, bool isSaid)
    {
        string text = Text("text.txt", string.Concat(Enumerable.Range(0, 300).Select(i => "the cat sat on the mat\n")));
        string messages = Good($"train --data {text} --out-dir {_root}/model {flags} {Small}".Replace("  ", " ", StringComparison.Ordinal));
        if (isSaid) Assert.Contains("pieces, fewer than --vocab-size 1", messages, StringComparison.Ordinal);
        else Assert.DoesNotContain("fewer than", messages, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "")]
    [InlineData(10, " --epochs 3")]
    [InlineData(10, " --samples lines --epochs 4")]
    [InlineData(10, " --hidden-dim 16 --emb-dim 16 --epochs 20")]
    public void Of_a_run_on_next_to_no_text_only_the_end_is_shown(int lines, string flags)
    {
        string text = Text("text.txt", string.Concat(Enumerable.Range(0, lines).Select(i => $"Twenty characters, {i}\n")));
        string messages = Good($"train --data {text} --out-dir {_root}/model{flags}");
        Assert.Contains("little to learn from; of this run only the end is shown\n", messages, StringComparison.Ordinal);
        Assert.Contains("\nbest held-out figures, at step ", messages, StringComparison.Ordinal);
        Assert.InRange(messages.Count(c => c == '\n'), 8, 15);
    }

    [Fact]
    public void A_single_record_that_is_held_out_is_said_to_be_the_only_one()
    {
        string text = Text("one.jsonl", "{\"text\": \"The only record of all\"}\n");
        (int code, _, string error) = CommandsTests.Run("train", "--data", text, "--samples", "lines", "--out-dir", $"{_root}/model");
        Assert.Equal(1, code);
        Assert.EndsWith(
            $"grulm: {text}: has one record or line, and that is held out, so that none is left to learn from; give more of them, "
            + "or --val-fraction 0 to hold nothing out\n", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "the folder keeps the model that was best on what is held out")]
    [InlineData(" --val-fraction 0", "nothing is held out that would show it")]
    public void What_keeps_a_text_from_being_learned_by_heart_is_said_as_it_is(string flags, string expected)
    {
        string text = Text("text.txt", SampleCorpus.Generate(5, 8_000));
        string messages = Good(
            $"train --data {text} --out-dir {_root}/model --hidden-dim 64 --emb-dim 64 --num-layers 1 --epochs 8 --dry-run{flags}");
        Assert.Contains($"later epochs may learn the text by heart; {expected}\n", messages, StringComparison.Ordinal);
    }

    private static string Good(string line)
    {
        (int code, string _, string messages) = CommandsTests.Run(line.Split(' '));
        Assert.True(code == 0, messages);
        return messages;
    }

    private string Text(string name, string text)
    {
        string path = Path.Combine(_root, name);
        File.WriteAllText(path, text);
        return path;
    }
}
