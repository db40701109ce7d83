// chat --state FILE: the talk goes on from the state in FILE, and leaves its own there however it ends.

using System.Diagnostics;
using System.Text;
using GruLM.Cli;
using GruLM.Cli.Pipes;
using GruLM.Model;

namespace GruLM.Tests.Cli;

public sealed class ChatStateTests : IDisposable
{
    private readonly TinyModel _model = new(SampleKind.Lines);

    private string State => Path.Combine(_model.Folder, "talk.state");

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("/bye\n")]
    public void A_talk_goes_on_where_it_ended(string end)
    {
        string whole = Talk("How are you?\nAnd the clock?\nWell?\n").Output;
        string first = Talk("How are you?\n" + end, "--state", State).Output;
        Assert.True(File.Exists(State));
        string second = Talk("And the clock?\n" + end, "--state", State).Output;
        Assert.Equal(whole, first + second + Talk("Well?\n", "--state", State).Output);
    }

    [Fact]
    public void A_talk_that_is_stopped_leaves_its_state()
    {
        using var stop = new CancellationTokenSource();
        using var person = new WaitingInput("How are you?\n", stop);
        using var output = new MemoryStream();
        using var error = new StringWriter { NewLine = "\n" };
        using (var session = new Session(new StoppableInput(person, stop.Token), output, error, false, stop.Token))
        {
            string[] line = ["chat", "-m", _model.Folder, "-n", "8", "--seed", "1", "--ignore-eos", "--state", State];
            Assert.Equal(130, CommandLine.Run(line, Program.Commands(), session));
        }

        string whole = Talk("How are you?\nAnd the clock?\n").Output, first = Encoding.UTF8.GetString(output.ToArray());
        Assert.Equal(whole, first + Talk("And the clock?\n", "--state", State).Output);
        Assert.Equal("", error.ToString());
    }

    [Fact]
    public void The_branch_that_goes_on_is_what_is_kept()
    {
        Talk("How are you?\n/fork other\nAnd the bees?\n/fork main\n", "--state", State);
        Talk($"How are you?\n/save {State}.main\n");
        Assert.Equal(
            Talk($"/load {State}.main\nWell?\n", "--temperature", "0").Output,
            Talk("Well?\n", "--temperature", "0", "--state", State).Output);
    }

    [Fact]
    public void What_cannot_be_kept_is_said_at_once()
    {
        File.WriteAllText(State, "nothing of that");
        Refused(1, "is no saved state", "--state", State);
        Refused(1, "the folder", "--state", Path.Combine(_model.Folder, "none", "talk.state"));
        Refused(1, "is a folder", "--state", _model.Folder);
        Refused(2, "--fresh begins each turn anew", "--state", State, "--fresh");
        Refused(2, "--state ''", "--state", "");
        Assert.Equal("nothing of that", File.ReadAllText(State));

        void Refused(int code, string words, params string[] flags)
        {
            (int found, string output, string error) = Talk("How are you?\n", flags);
            Assert.Equal((code, ""), (found, output));
            Assert.Contains(words, error, StringComparison.Ordinal);
            Assert.Equal(1, error.Count(c => c == '\n'));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_talk_whose_terminal_goes_away_leaves_its_state_unless_it_was_started_to_outlive_it(bool outlives)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere it depends on the terminal");
        string grulm = Path.Combine(AppContext.BaseDirectory, "GruLM.Cli.dll");
        string host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        string[] chat = [host, grulm, "chat", "-m", _model.Folder, "-n", "8", "--seed", "1", "--ignore-eos", "--state", State];
        var start = new ProcessStartInfo("sh", ["-c", (outlives ? "trap '' HUP; " : "") + "exec \"$@\"", "sh", .. chat])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        process.StandardInput.WriteLine("How are you?");
        Assert.NotNull(process.StandardOutput.ReadLine());
        for (int i = 0; i < 2; i++)
        {
            using var kill = Process.Start("sh", ["-c", $"kill -HUP {process.Id}"]);
            kill.WaitForExit();
        }

        if (outlives)
        {
            process.StandardInput.WriteLine("And the clock?");
            process.StandardInput.Close();
        }

        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(outlives ? 0 : 130, process.ExitCode);
        Assert.True(File.Exists(State));
    }

    private (int Code, string Output, string Error) Talk(string input, params string[] flags) => CommandsTests.Run(
        Encoding.UTF8.GetBytes(input), ["chat", "-m", _model.Folder, "-n", "8", "--seed", "1", "--ignore-eos", .. flags]);
}
