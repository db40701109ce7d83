// grulm expand: gives back what grulm compress was given, byte by byte. The work is the library's.

namespace GruLM.Cli.Commands;

internal static class ExpandCommand
{
    public static GrulmCommand Create()
    {
        var flags = new CompressionFlags(
            "what compress has written; - for standard input",
            "may be given as for compress; the file itself says whether it was");
        return new GrulmCommand(
            "expand",
            "Give back what compress was given, byte by byte. It takes the model that it was compressed with.",
            [
                "grulm expand --model model text.grz -o text.txt",
                "grulm expand --model model - -o - < text.grz > text.txt",
            ],
            flags.All,
            (line, session) => flags.Run(
                line, session, "expanding",
                (from, to, model, options) => TextCompression.Expand(from, to, model, options, session.Stop)));
    }
}
