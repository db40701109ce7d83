// What the processes of a run agree on before its first step.

using GruLM.Tests.Distributed;
using GruLM.Tokenization;

namespace GruLM.Tests.Runs;

public sealed class RunRanksTests
{
    [Fact]
    public void The_first_process_decides_settings_and_recipe()
    {
        var told = new TrainingSettings { Data = ["book.txt"], OutDir = "/tmp/model", Seed = 9 };
        (string? Recipe, TrainingSettings Settings)[] seen = ThreadLink.Run(3, group =>
        {
            var ranks = new RunRanks(group);
            (Recipe? recipe, TrainingSettings settings) = ranks.IsFirst
                ? (Recipes.Small, told with { HiddenDim = 77, Minutes = 3, ModelType = ModelType.Char })
                : (null, told);
            (recipe, settings) = ranks.OfFirst(recipe, settings);
            return (recipe?.Name, settings);
        });
        Assert.All(seen, one =>
        {
            Assert.Equal(Recipes.Small.Name, one.Recipe);
            Assert.Equal((77, 3.0, ModelType.Char), (one.Settings.HiddenDim, one.Settings.Minutes, one.Settings.ModelType));
            Assert.Equal(9UL, one.Settings.Seed);
            Assert.Equal("/tmp/model", one.Settings.OutDir);
        });
    }

    [Fact]
    public void All_have_the_first_ones_tokenizer()
    {
        byte[] text = "a tokenizer is learned once, and all of them have it"u8.ToArray();
        SentencePieceModel model = DefaultTokenizer.Train(text, 300, ModelType.Bpe, null, CancellationToken.None);
        int asked = 0;
        byte[][] models = ThreadLink.Run(3, group => new RunRanks(group).OfFirst(() =>
        {
            Interlocked.Increment(ref asked);
            return new Tokenizer(model);
        }).Model.ToBytes());
        Assert.Equal(1, asked);
        Assert.All(models, bytes => Assert.Equal(model.ToBytes(), bytes));
    }

    [Fact]
    public void The_others_wait_for_the_first()
    {
        int done = 0;
        int[] seen = ThreadLink.Run(3, group => new RunRanks(group).FirstBeforeOthers(() =>
        {
            if (group.Rank == 0) Thread.Sleep(50);
            return Interlocked.Increment(ref done);
        }));
        Assert.Equal(1, seen[0]);
    }

    [Fact]
    public void One_process_is_asked_nothing()
    {
        var alone = new RunRanks(null);
        var settings = new TrainingSettings { Data = ["-"] };
        Assert.True(alone.IsFirst);
        Assert.Equal(1, alone.Count);
        Assert.Same(settings, alone.OfFirst(null, settings).Settings);
        Assert.Equal(3, alone.FirstBeforeOthers(() => 3));
        Assert.Null(alone.Threads(null));
    }
}
