// What a recipe says of time.

namespace GruLM.Tests;

public sealed class RecipeTests
{
    [Theory]
    [InlineData("12.9", 0.25, 0.15)]
    [InlineData("13", 0.3, 0.2)]
    public void Long_runs_drop_more(string minutes, double dropout, double outputDropout)
    {
        var given = new GivenSettings();
        Give("minutes", minutes);
        TrainingSettings settings = given.On(Recipes.ShakespeareChar);
        Assert.Equal((dropout, outputDropout), (settings.Dropout, settings.OutputDropout));
        Assert.Equal(settings, Recipes.ShakespeareChar.ForMinutes(settings.Minutes!.Value));

        Give("epochs", "20");
        settings = given.On(Recipes.ShakespeareChar);
        Assert.Equal((20, dropout, outputDropout), (settings.Epochs, settings.Dropout, settings.OutputDropout));

        Give("dropout", "0.1");
        settings = given.On(Recipes.ShakespeareChar);
        Assert.Equal((0.1, outputDropout), (settings.Dropout, settings.OutputDropout));

        void Give(string name, string value)
        {
            Setting setting = SettingsTable.Named(name)!;
            given.Add(setting, setting.Parse([value]));
        }
    }

    [Fact]
    public void Steps_that_are_given_leave_a_recipe_as_it_is()
    {
        var given = new GivenSettings();
        given.Add(SettingsTable.Named("max-steps")!, settings => settings with { MaxSteps = 20 });
        Assert.Equal(
            Recipes.ShakespeareChar.Settings with { MaxSteps = 20, Minutes = null, Epochs = null }, given.On(Recipes.ShakespeareChar));
    }
}
