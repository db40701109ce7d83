// grulm compress, grulm expand and chat --learn: files, pipes, what is said, and what is left behind where something is wrong.

using System.Diagnostics;
using System.Text;
using System.Text.Json;
using GruLM.Model;

namespace GruLM.Tests.Cli;

public sealed class CompressionCommandTests : IDisposable
{
    private readonly TinyModel _model = new(SampleKind.Stream);

    private string Text => Path.Combine(_model.Folder, "text.txt");

    private string Packed => Path.Combine(_model.Folder, "text.grz");

    private string Out => Path.Combine(_model.Folder, "out.txt");

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_comes_back_and_replaces_another(bool learn)
    {
        byte[] content = CompressedFiles.Content(5, 9000);
        File.WriteAllBytes(Text, content);
        File.WriteAllText(Packed, "an older one");
        string[] learning = learn ? ["--learn"] : [];
        (int Code, string Output, string Error) done = CommandsTests.Run(
            ["compress", "--model", _model.Folder, Text, "-o", Packed, "--json", .. learning]);
        Assert.Equal((0, ""), (done.Code, done.Error));
        using (var json = JsonDocument.Parse(done.Output))
        {
            Assert.Equal(content.Length, json.RootElement.GetProperty("content_bytes").GetInt64());
            Assert.Equal(new FileInfo(Packed).Length, json.RootElement.GetProperty("compressed_bytes").GetInt64());
        }

        done = CommandsTests.Run("expand", "--model", _model.Folder, Packed, "-o", Out, "--threads", "1");
        Assert.Equal((0, ""), (done.Code, done.Output));
        Assert.Contains($"{content.Length:#,0} bytes, compressed", done.Error, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllBytes(Out));
    }

    [Fact]
    public void Standard_streams_carry_bytes()
    {
        (int Code, string Output, string Error) done = CommandsTests.Run(
            Encoding.UTF8.GetBytes("The clock.\n"), "compress", "-m", _model.Folder, "-", "-o", Packed);
        Assert.True(done.Code == 0, done.Error);
        done = CommandsTests.Run("expand", "-m", _model.Folder, Packed, "-o", "-");
        Assert.Equal((0, "The clock.\n"), (done.Code, done.Output));
        done = CommandsTests.Run(File.ReadAllBytes(Packed), "expand", "-m", _model.Folder, "-", "--output", "-", "--learn");
        Assert.Equal((0, "The clock.\n"), (done.Code, done.Output));
    }

    [Fact]
    public void What_is_wrong_is_said_in_a_line_and_leaves_no_file()
    {
        File.WriteAllText(Text, "no compressed file, but long enough to have a header");
        Refused(1, $"{Text}: was not written by compress", "expand", "-m", _model.Folder, Text, "-o", Out);
        Refused(1, "there is no such file", "compress", "-m", _model.Folder, Text + ".none", "-o", Out);
        Refused(1, "is a folder", "compress", "-m", _model.Folder, _model.Folder, "-o", Out);
        Refused(1, "does not exist", "compress", "-m", _model.Folder, Text, "-o", Path.Combine(_model.Folder, "none", "x"));
        Refused(2, "--json", "compress", "-m", _model.Folder, Text, "-o", "-", "--json");
        Refused(2, "--output", "compress", "-m", _model.Folder, Text);
        Refused(2, "FILE", "compress", "-m", _model.Folder, "-o", Out);
        Refused(2, "an empty name", "compress", "-m", _model.Folder, "", "-o", Out);
        string other = Path.Combine(_model.Folder, ".", "text.txt"), taken = "would take the place of what is read; give another name";
        Refused(2, taken, "compress", "-m", _model.Folder, Text, "-o", Text);
        Refused(2, taken, "expand", "-m", _model.Folder, Text, "-o", other);
        Refused(2, taken, "tokenizer", "encode", "--model", Path.Combine(_model.Folder, "tokenizer.model"), Text, "-o", other);
        Assert.Equal("no compressed file, but long enough to have a header", File.ReadAllText(Text));
        Assert.False(File.Exists(Out));
    }

    [Fact]
    public async Task A_link_to_the_input_is_the_input_and_a_pipe_gets_what_is_written()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no mkfifo");
        File.WriteAllText(Text, "The clock.\n");
        string link = Path.Combine(_model.Folder, "link"), pipe = Path.Combine(_model.Folder, "pipe");
        File.CreateSymbolicLink(link, "text.txt");
        Refused(2, "would take the place", "compress", "-m", _model.Folder, Text, "-o", link);
        using (var make = Process.Start("mkfifo", [pipe])) make.WaitForExit();
        Task<byte[]> reading = Task.Run(() => File.ReadAllBytes(pipe), TestContext.Current.CancellationToken);
        (int code, _, string error) = CommandsTests.Run("compress", "-m", _model.Folder, Text, "-o", pipe);
        Assert.True(code == 0, error);
        File.WriteAllBytes(Packed, await reading);
        (code, string output, _) = CommandsTests.Run("expand", "-m", _model.Folder, Packed, "-o", "-");
        Assert.Equal((0, "The clock.\n"), (code, output));
    }

    [Fact]
    public void A_talk_that_learns_goes_on_where_it_ended()
    {
        string state = Path.Combine(_model.Folder, "talk.state");
        string whole = Talk("How are you?\nAnd the clock?\nWell?\n").Output;
        string first = Talk("How are you?\n", "--state", state).Output, second = Talk("And the clock?\nWell?\n", "--state", state).Output;
        Assert.Equal(whole, first + second);
        Assert.Contains("--learn", CommandsTests.Run([], "chat", "-m", _model.Folder, "--state", state).Error, StringComparison.Ordinal);
        Assert.Equal(2, Talk("Well?\n", "--weights", "int8").Code);
        Assert.Equal(2, Talk("Well?\n", "--fresh").Code);
    }

    private (int Code, string Output, string Error) Talk(string input, params string[] flags) => CommandsTests.Run(
        Encoding.UTF8.GetBytes(input), ["chat", "-m", _model.Folder, "-n", "8", "--seed", "1", "--ignore-eos", "--learn", .. flags]);

    private static void Refused(int code, string words, params string[] line)
    {
        (int found, string output, string error) = CommandsTests.Run(line);
        Assert.Equal((code, ""), (found, output));
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
    }
}
