// grulm tokenizer show. What it writes is in TokenizerListing.cs.

using System.CommandLine;

namespace GruLM.Cli.Commands;

internal static class TokenizerShowCommand
{
    public static GrulmCommand Create()
    {
        var place = new Argument<string?>("FILE|DIR") { Description = "a .model file or a model folder", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> model = Flags.Text("--model", "FILE|DIR", "the same", null, "-m");
        Option<bool> pieces = Flags.Switch("--pieces", "every piece: number, piece, score, kind");
        Option<bool> json = Flags.Json();
        return new GrulmCommand(
            "show",
            "Show what a tokenizer is: its pieces, settings and specimen texts.",
            ["grulm tokenizer show book.model", "grulm tokenizer show book.model --pieces"],
            [place, model, pieces, json],
            (flags, session) =>
            {
                string path = flags.GetValue(place) ?? flags.GetValue(model)
                    ?? throw new UsageException(ProgramName.In("FILE|DIR is missing; see 'grulm tokenizer show --help'"));
                TokenizerListing.Write(path, flags.GetValue(pieces), flags.GetValue(json), session.Output);
                return ExitCode.Done;
            });
    }
}
