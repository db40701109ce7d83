// What follows from settings that somebody gave.

namespace GruLM.Tests;

public sealed class GivenSettingsTests
{
    [Theory]
    [InlineData("hidden-dim=96", 96, 96)]
    [InlineData("emb-dim=96", 96, 96)]
    [InlineData("hidden-dim=96 emb-dim=32", 32, 96)]
    [InlineData("hidden-dim=96 tie-weights=false", 256, 96)]
    [InlineData("num-layers=1", 256, 256)]
    public void Of_tied_sizes_one_is_enough(string words, int embedding, int hidden)
    {
        var given = new GivenSettings();
        foreach (string[] pair in words.Split(' ').Select(word => word.Split('=')))
        {
            Setting setting = SettingsTable.Named(pair[0])!;
            given.Add(setting, setting.Parse([pair[1]]));
        }

        TrainingSettings settings = given.On(new TrainingSettings());
        Assert.Equal((embedding, hidden), (settings.EmbeddingDim, settings.HiddenDim));
    }
}
