// A model as a page: how large it is, that it asks for nothing from elsewhere, what cannot be made a page, and the command.

using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using GruLM.Formats;
using GruLM.Model;
using GruLM.Tests.Cli;
using GruLM.Tokenization;

namespace GruLM.Tests;

public sealed partial class HtmlExportTests(PageModels models) : IClassFixture<PageModels>
{
    private const int LargestProgram = 200_000;

    [Fact]
    public void A_page_is_little_larger_than_what_it_carries()
    {
        foreach (string name in PageModels.Names)
        {
            (GruParameters parameters, _) = ModelFile.Load(models.Folder(name));
            long tokenizer = new FileInfo(Path.Combine(models.Folder(name), ModelFolder.TokenizerName)).Length;
            long size = new FileInfo(models.Page(name)).Length;
            Assert.True(size <= (1.4 * (parameters.Count + tokenizer)) + LargestProgram, $"{name}: {size}");
            parameters.Dispose();
        }
    }

    [Fact]
    public void A_page_allows_its_own_style_and_script_and_has_no_address_in_it()
    {
        string page = File.ReadAllText(models.Page("bpe"));
        Match policy = Policy().Match(page);
        Assert.True(policy.Success);
        Assert.StartsWith("default-src 'none'; ", policy.Groups[1].Value, StringComparison.Ordinal);
        foreach (string element in (string[])["style", "script"])
        {
            string text = page.Split($"<{element}>")[1].Split($"</{element}>")[0];
            string hash = Convert.ToBase64String(Sha256.HashData(Encoding.UTF8.GetBytes(text)));
            Assert.Contains($"{element}-src 'sha256-{hash}'", policy.Groups[1].Value, StringComparison.Ordinal);
        }

        Assert.DoesNotMatch("(?i)https?:|src=|href=|@import|eval\\(|new Function", Data().Replace(page, ""));
    }

    [Fact]
    public void A_page_has_the_curves_and_samples_of_the_run_thinned_out()
    {
        JsonElement history = About("trained").GetProperty("history");
        JsonElement[] curves = [.. history.GetProperty("curves").EnumerateArray()];
        Assert.Equal(["Loss", "Learning rate"], curves.Select(curve => curve.GetProperty("title").GetString()));
        JsonElement line = curves[0].GetProperty("lines").EnumerateArray().Single();
        int[] steps = [.. line.GetProperty("steps").EnumerateArray().Select(step => step.GetInt32())];
        Assert.Equal((1, PageModels.RunSteps), (steps[0], steps[^1]));
        Assert.InRange(steps.Length, 100, 200);
        Assert.Equal(steps.Order(), steps);
        double[] figures = [.. line.GetProperty("figures").EnumerateArray().Select(figure => figure.GetDouble())];
        Assert.All(steps.Zip(figures), point => Assert.Equal(5.0 / point.First, point.Second, 1e-6));
        JsonElement[] samples = [.. history.GetProperty("samples").EnumerateArray()];
        Assert.Equal(12, samples.Length);
        Assert.Equal("The </script> & 1", samples[0].GetProperty("text").GetString());
        Assert.Equal(30, samples[^1].GetProperty("step").GetInt32());
        Assert.False(About("bpe").TryGetProperty("history", out _));
    }

    [Fact]
    public void A_page_goes_to_a_stream_as_it_goes_to_a_file()
    {
        using var stream = new MemoryStream();
        HtmlExport.Write(models.Folder("bpe"), stream);
        Assert.True(stream.CanWrite);
        Assert.Equal(File.ReadAllBytes(models.Page("bpe")), stream.ToArray());
        using var nothing = new MemoryStream();
        Assert.ThrowsAny<IOException>(() => HtmlExport.Write(models.Folder("none"), nothing));
        Assert.Equal(0, nothing.Length);
    }

    [Theory]
    [InlineData(ModelType.Bpe, true, "at the end of pieces")]
    [InlineData(ModelType.Word, false, "whole words")]
    public void A_tokenizer_that_the_page_cannot_do_is_refused_in_one_line(ModelType type, bool suffix, string expected)
    {
        TrainerOptions options = DefaultTokenizer.Options(300, type);
        options.TreatWhitespaceAsSuffix = suffix;
        ReadOnlyMemory<byte> line = Encoding.UTF8.GetBytes("the old clock stands still at noon");
        var tokenizer = new Tokenizer(TokenizerTrainer.Train(options, Enumerable.Repeat(line, 10)));
        using var model = new TinyModel(SampleKind.Stream, tokenizer: tokenizer);
        string page = Path.Combine(model.Folder, "page.html");
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => HtmlExport.Write(model.Folder, page));
        Assert.Contains(ModelFolder.TokenizerName, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.False(File.Exists(page));
    }

    [Fact]
    public void A_page_takes_the_place_of_a_file_whole_or_not_at_all()
    {
        using var model = new TinyModel(SampleKind.Stream);
        string page = Path.Combine(model.Folder, "page.html");
        File.WriteAllText(page, "old");
        Assert.Throws<OperationCanceledException>(() => HtmlExport.Write(model.Folder, page, new CancellationToken(canceled: true)));
        Assert.Equal("old", File.ReadAllText(page));
        HtmlExport.Write(model.Folder, page);
        Assert.EndsWith("</html>\n", File.ReadAllText(page), StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.EnumerateFiles(model.Folder), file => file.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void The_command_writes_the_page_and_tells_what_is_wrong()
    {
        string page = Path.Combine(models.Folder("bpe"), "from <command> & co.html");
        (int code, string output, string error) = CommandsTests.Run("export", "-m", models.Folder("bpe"), "--to", "html", "--out", page);
        Assert.Equal((0, ""), (code, output));
        Assert.Contains(page, error, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(models.Page("bpe")), File.ReadAllBytes(page));
        (code, _, error) = CommandsTests.Run("export", "--model", page + "/none", "--to", "html", "--out", page);
        Assert.Equal(1, code);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Equal(2, CommandsTests.Run("export", "--model", models.Folder("bpe"), "--to", "paper", "--out", page).Code);
        Assert.Equal(2, CommandsTests.Run("export", "--model", models.Folder("bpe"), "--to", "html").Code);
    }

    private JsonElement About(string name) =>
        JsonDocument.Parse(AboutText().Match(File.ReadAllText(models.Page(name))).Groups[1].Value).RootElement;

    [GeneratedRegex("<script id=\"about\"[^>]*>([^<]*)</script>")]
    private static partial Regex AboutText();

    [GeneratedRegex("<meta http-equiv=\"Content-Security-Policy\" content=\"([^\"]*)\">")]
    private static partial Regex Policy();

    [GeneratedRegex("<script id[^<]*</script>")]
    private static partial Regex Data();
}
