// The table of settings: every property of TrainingSettings has a row, every row reaches settings.json and comes back, and the reference
// page says what the table says.

using System.Text.Json;

namespace GruLM.Tests;

public sealed class SettingsTableTests : IDisposable
{
    // A value for each setting that is not its default.
    private const string OtherValues = """
        data=/texts/a.txt | val-data=/texts/b.txt | val-fraction=0.25 | data-format=csv | column=body | samples=lines
        val-split=last
        mask-prompt=true | init-from=/models/a | tokenizer=/models/t.model | vocab-size=777 | model-type=char
        emb-dim=48 | hidden-dim=40 | num-layers=3 | tie-weights=false | layer-norm=true | residual=true | dropout=0.15
        locked-dropout=true | input-dropout=0.11 | output-dropout=0.12 | embedding-dropout=0.13
        recurrent-dropout=0.14 | ar=1.5 | tar=2.5 | minutes=3.5 | epochs=6 | max-steps=99 | step-plan=0:40,10:60
        batch-size=5 | grad-accum=2 | bptt=33 | random-bptt=true | fresh-every=7 | lr=0.0123 | min-lr=0.0001
        warmup-steps=11 | schedule=plateau | plateau-patience=3 | plateau-factor=0.3 | optimizer=muon | momentum=0.7
        muon-lr-factor=4 | muon-every=3 | beta2=0.97 | weight-decay=0.02 | ema=0.5 | grad-clip=0.75 | eval-interval=12
        eval-tokens=1000 | patience=4 | sample-every=13 | sample-prompt=Once more | log-interval=14 | save-interval=15
        keep=16 | device=auto | precision=bf16 | wire=bf16 | seed=18446744073709551615 | threads=3
        """;

    private static readonly Dictionary<string, string> s_others = OtherValues.Replace("\n", " | ", StringComparison.Ordinal).Split(" | ")
        .Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0].Trim(), pair => pair[1].Trim());

    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-settings-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_property_has_a_row_and_every_row_a_property()
    {
        string[] places =
        [
            nameof(TrainingSettings.OutDir), nameof(TrainingSettings.Overwrite), nameof(TrainingSettings.ReplaceAtEnd),
            nameof(TrainingSettings.ChooseRecipe), nameof(TrainingSettings.InputName),
        ];
        IEnumerable<string> properties = typeof(TrainingSettings).GetProperties().Select(property => property.Name).Except(places);
        Assert.Equal(properties.Order(), SettingsTable.All.Select(setting => setting.Property).Order());
        Assert.Equal(SettingsTable.All.Count, SettingsTable.All.Select(setting => setting.Name).Distinct().Count());
    }

    [Fact]
    public void Every_setting_reaches_the_file_and_comes_back()
    {
        Assert.Equal(SettingsTable.All.Select(setting => setting.Name).Order(), s_others.Keys.Order());
        string path = Path.Combine(_folder, "settings.json");
        foreach (Setting setting in SettingsTable.All)
        {
            TrainingSettings told = setting.Parse([s_others[setting.Name]])(new TrainingSettings());
            Assert.NotEqual(setting.Text(new TrainingSettings()), setting.Text(told));
            SettingsFile.Write(path, told);
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            Assert.True(json.RootElement.TryGetProperty(setting.Name, out _));
            TrainingSettings back = SettingsFile.Read(path);
            Assert.All(SettingsTable.All, other => Assert.Equal(other.Text(told), other.Text(back)));
        }
    }

    [Fact]
    public void What_is_decided_when_a_run_begins_reaches_the_file_too_and_decides_the_same_again()
    {
        string path = Path.Combine(_folder, "settings.json");
        foreach (string optimizer in (string[])["adamw", "sgd", "muon"])
        {
            TrainingSettings told = SettingsTable.Named("optimizer")!.Parse([optimizer])(new TrainingSettings());
            TrainingSettings decided = SettingsDecided.Decide(told);
            SettingsFile.Write(path, decided);
            TrainingSettings back = SettingsFile.Read(path);
            Assert.All(SettingsTable.All, setting => Assert.Equal(setting.Text(decided), setting.Text(back)));
            Assert.Equal(SettingsDecided.Options(told), SettingsDecided.Options(back));
        }
    }

    [Theory]
    [InlineData("""{"hiden-dim": 9}""", "unknown key 'hiden-dim'; did you mean hidden-dim?")]
    [InlineData("""{"batch-size": 0}""", "'batch-size' has the value 0; a whole number from 1 to 65536 was expected")]
    [InlineData("""{"batch_size": true}""", "'batch_size' has the value true; a number or a text was expected")]
    [InlineData("""{"residual": 1}""", "'residual' has the value 1; true or false was expected")]
    [InlineData("""{"batch-size": [1]}""", "'batch-size' has the value [1]; a number or a text was expected")]
    [InlineData("""{"schedule": "cosin"}""", "one of cosine, linear, wsd, constant, plateau was expected; did you mean cosine?")]
    [InlineData("""{"data": [1]}""", "a text or a list of texts was expected")]
    [InlineData("""{"seed": 1, "seed": 2}""", "'seed' stands in it more than once")]
    [InlineData("""[]""", "an object of settings such as")]
    [InlineData("""{"batch-size": 9""", "is no valid JSON at line 1")]
    public void What_is_wrong_with_a_file_is_said_in_a_line(string json, string expected)
    {
        string path = Path.Combine(_folder, "wrong.json");
        File.WriteAllText(path, json);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => SettingsFile.Read(path));
        Assert.StartsWith($"{path}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_may_join_words_either_way_turn_switches_off_and_say_nothing()
    {
        string path = Path.Combine(_folder, "settings.json");
        File.WriteAllText(path, """{"batch_size": "9", "no-tie-weights": true, "lr": null, "data": "a.txt"}""");
        TrainingSettings settings = SettingsFile.Read(path);
        Assert.Equal((9, false, null), (settings.BatchSize, settings.TieWeights, settings.LearningRate));
        Assert.Equal(["a.txt"], settings.Data);
    }

    [Fact]
    public void Values_out_of_their_range_are_refused_under_the_name_of_the_property()
    {
        var settings = new TrainingSettings { Data = ["a.txt"], OutDir = "model" };
        AssertRefused(settings with { BatchSize = 0 }, "'BatchSize' is 0; a whole number from 1 to 65536 was expected");
        AssertRefused(settings with { LearningRate = double.NaN }, "'LearningRate' is NaN; a number above 0 to 100 was expected");
        AssertRefused(settings with { Epochs = 0 }, "'Epochs' is 0");
        AssertRefused(settings with { Bptt = -1 }, "'Bptt' is -1");
        AssertRefused(settings with { GradAccum = 0 }, "'GradAccum' is 0");
        AssertRefused(settings with { Optimizer = (OptimizerKind)9 }, "'Optimizer' is 9; one of adamw, sgd, muon was expected");
        AssertRefused(settings with { HiddenDim = 64 }, "'HiddenDim'");
        AssertRefused(settings with { Data = [] }, "'Data' names no text");

        static void AssertRefused(TrainingSettings wrong, string expected)
        {
            ArgumentException error = Assert.ThrowsAny<ArgumentException>(() => TrainingRun.Start(wrong));
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        }
    }
}
