// The flags that the commands share which turn lines into others: where lines come from and go to, on how many threads, and which
// tokenizer is used.

using System.CommandLine;
using GruLM.Cli.Pipes;

namespace GruLM.Cli.Commands;

/// <summary>Where lines come from and go to.</summary>
internal sealed class PipeFlags
{
    private readonly Argument<string[]> _files = new("FILE")
    {
        Description = "files to read (default: standard input)",
        Arity = ArgumentArity.ZeroOrMore,
        HelpName = "FILE",
    };
    private readonly Option<string[]> _input = Flags.List("--input", "FILE", "the same");
    private readonly Option<string?> _output = Flags.Text("--output", "FILE", "file to write (default: standard output)", null, "-o");
    private readonly Option<int?> _threads = Flags.Threads();

    /// <summary>What stands on the line without a name.</summary>
    public Argument Files => _files;

    public IReadOnlyList<Option> Options => [_input, _output, _threads];

    public LinePlaces Read(ParseResult flags) =>
        new([.. flags.GetValue(_input)!, .. flags.GetValue(_files)!], flags.GetValue(_output), flags.GetValue(_threads) ?? 0);

    /// <summary><c>--model</c>, where it must be given.</summary>
    public static Option<string> Model() => Flags.RequiredText("--model", "FILE|DIR", "a .model file or a model folder", "-m");

    /// <summary><c>--extra-options</c>.</summary>
    public static Option<string?> ExtraOptions() => Flags.Text(
        "--extra-options", "bos:eos:reverse:unk", "steps after encoding or before decoding, in this order", "").WithUnderscores();
}
