// grulm import and grulm export, as typed.

using System.Text.RegularExpressions;
using GruLM.Model;

namespace GruLM.Tests.Cli;

public sealed class ExchangeCommandsTests : IDisposable
{
    private readonly ExchangeFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void A_model_comes_in_is_shown_goes_out_and_comes_back()
    {
        string[] import = ["import", "--weights", ExchangeFixture.File("original.pt"), "--tokenizer", ExchangeFixture.Tokenizer];
        (int code, _, string error) = CommandsTests.Run([.. import, "--out-dir", _fixture.Model]);
        Assert.Equal("", code == 0 ? "" : error);
        Assert.Contains("lines without an opening token", error, StringComparison.Ordinal);
        Assert.Equal(0, CommandsTests.Run("show", _fixture.Model).Code);

        Assert.Equal(1, CommandsTests.Run([.. import, "--out-dir", _fixture.Model]).Code);
        string folder = _fixture.In("out"), back = _fixture.In("back");
        Assert.Equal(0, CommandsTests.Run("export", "--model", _fixture.Model, "--to", "huggingface", "--out", folder).Code);
        Assert.Equal(0, CommandsTests.Run("import", "--weights", folder, "--out-dir", back).Code);
        ExchangeFixture.AssertSame(_fixture.Model, back);
        Assert.False(ModelFile.LoadConfig(back).Config.Opening);
    }

    [Fact]
    public void A_model_goes_out_as_onnx()
    {
        string[] import = ["import", "--weights", ExchangeFixture.File("original.pt"), "--tokenizer", ExchangeFixture.Tokenizer];
        Assert.Equal(0, CommandsTests.Run([.. import, "--out-dir", _fixture.Model]).Code);
        string[] export = ["export", "--model", _fixture.Model, "--to", "onnx", "--out", _fixture.In("x.onnx")];
        (int code, string output, string error) = CommandsTests.Run(export);

        Assert.Equal((0, ""), (code, output));
        Assert.Matches($@"^written: {Regex.Escape(_fixture.In("x.onnx"))}, [\d.]+ [KM]B\n$", error);
        Assert.True(File.Exists(_fixture.In("x.onnx")));
        Assert.Equal(2, CommandsTests.Run([.. export, "--type", "fp16"]).Code);
        Assert.Equal(2, CommandsTests.Run([.. export, "--with-code"]).Code);
    }

    [Theory]
    [InlineData("pytorch", "x.pt", "x.pt", "model.py")]
    [InlineData("safetensors", "x.safetensors", "x.safetensors")]
    [InlineData("html", "x.html", "x.html")]
    [InlineData("huggingface", "hub", "hub/README.md", "hub/model.safetensors", "hub/tokenizer.model")]
    public void Every_file_that_is_written_is_named_with_its_size(string to, string path, params string[] expected)
    {
        string[] import = ["import", "--weights", ExchangeFixture.File("original.pt"), "--tokenizer", ExchangeFixture.Tokenizer];
        Assert.Equal(0, CommandsTests.Run([.. import, "--out-dir", _fixture.Model]).Code);
        string[] code = to == "pytorch" ? ["--with-code"] : [];
        (int exit, _, string error) = CommandsTests.Run(
            ["export", "--model", _fixture.Model, "--to", to, "--out", _fixture.In(path), .. code]);
        Assert.Equal(0, exit);
        Assert.All(error.TrimEnd('\n').Split('\n'), line => Assert.Matches(@"^written: .*, [\d.,]+ [KM]B$", line));
        Assert.All(expected, file => Assert.Contains($"written: {_fixture.In(file)}, ", error, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--type", "fp16")]
    [InlineData("--to", "tensorflow")]
    [InlineData("--out", "")]
    public void What_does_not_go_together_is_wrong_usage(string flag, string value)
    {
        string[] line = ["export", "--model", "m", "--to", "pytorch", "--out", "x.pt"];
        int at = Array.IndexOf(line, flag);
        if (at >= 0) line[at + 1] = value;
        Assert.Equal(2, CommandsTests.Run(at >= 0 ? line : [.. line, flag, value]).Code);
    }

    [Fact]
    public void Flags_stand_in_messages_where_libraries_name_settings()
    {
        (int code, _, string error) = CommandsTests.Run(
            "import", "--weights", ExchangeFixture.File("named-1.pt"), "--tokenizer", ExchangeFixture.Tokenizer,
            "--out-dir", _fixture.Model);

        Assert.Equal(1, code);
        Assert.Contains("--map", error, StringComparison.Ordinal);
    }
}
