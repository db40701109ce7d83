// docs/settings.md comes out of the table of settings. Where the table has changed on purpose, GRULM_TESTS_ACCEPT=1 writes the page anew.

using System.Text;
using GruLM.Cli;

namespace GruLM.Tests.Cli;

public sealed class SettingsReferenceTests
{
    [Fact]
    public void The_reference_page_says_what_the_table_says()
    {
        string path = Path.Combine(StyleTests.Root(), "docs", "settings.md"), page = Page();
        if (Environment.GetEnvironmentVariable("GRULM_TESTS_ACCEPT") == "1") File.WriteAllText(path, page);
        Assert.True(
            File.ReadAllText(path).ReplaceLineEndings("\n") == page,
            "docs/settings.md is not what the table of settings gives; run this test with GRULM_TESTS_ACCEPT=1 to write it anew");
    }

    [Theory]
    [InlineData("'HiddenDim' must equal 'EmbeddingDim'", "--hidden-dim must equal --emb-dim")]
    [InlineData("needs 'Samples = Lines' here", "needs --samples lines here")]
    [InlineData("give 'TieWeights = false'", "give --no-tie-weights")]
    [InlineData("'Optimizer = Sgd or Muon'", "--optimizer sgd or muon")]
    [InlineData("'ValFraction = 0' for none", "--val-fraction 0 for none")]
    [InlineData("with 'UserDefinedSymbols = <ai>,<end>'", "with --user-defined-symbols <ai>,<end>")]
    [InlineData("'Data' names no text", "--data names no text")]
    [InlineData("'Hello' is no id", "'Hello' is no id")]
    [InlineData("'Format = Plain' reads plain text", "--data-format text reads plain text")]
    [InlineData("the model's 'size' isn't its Data", "the model's 'size' isn't its Data")]
    public void Names_of_settings_become_flags(string text, string expected) => Assert.Equal(expected, SettingWords.ToFlags(text));

    private static string Page()
    {
        var page = new StringBuilder();
        page.Append("""
            # Settings of a training run

            Each is a flag of `grulm train`, a key of `settings.json` and of `--config` files, and a property of `TrainingSettings`.
            A switch has a form that turns it off: `--no-residual`. Settings marked *may change* can be given beside `--resume`.
            Written by a test from the table of settings in `src/GruLM/Runs/Settings`.

            """.ReplaceLineEndings("\n"));
        foreach (IGrouping<SettingGroup, Setting> group in SettingsTable.All.GroupBy(setting => setting.Group))
        {
            page.Append('\n').Append("## ").Append(Title(group.Key)).Append("\n\n");
            foreach (Setting setting in group) Append(page, setting);
        }

        return page.ToString();
    }

    private static string Title(SettingGroup group) => group switch
    {
        SettingGroup.LearningRate => "Learning rate",
        SettingGroup.Model => "Tokenizer and model",
        _ => group.ToString(),
    };

    private static void Append(StringBuilder page, Setting setting)
    {
        string value = setting.Placeholder is null ? "" : " " + setting.Placeholder;
        string byDefault = setting.Default is null ? "" : $"; default {setting.Default}";
        string change = setting.MayChange ? "; *may change*" : "";
        page.Append($"- **`--{setting.Name}{value}`** (`{setting.Property}`{byDefault}{change})  \n");
        var line = new StringBuilder(" ");
        foreach (string word in SettingWords.ToFlags(setting.Help).Replace("<", "&lt;", StringComparison.Ordinal).Split(' '))
        {
            if (line.Length + 1 + word.Length > 118)
            {
                page.Append(line).Append('\n');
                line.Clear().Append(' ');
            }

            line.Append(' ').Append(word);
        }

        page.Append(line).Append('\n');
    }
}
