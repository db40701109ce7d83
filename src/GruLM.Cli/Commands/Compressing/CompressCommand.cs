// grulm compress: what a model finds likely takes few bits. The work is the library's.

namespace GruLM.Cli.Commands;

internal static class CompressCommand
{
    public static GrulmCommand Create()
    {
        var flags = new CompressionFlags(
            "what to compress, any bytes; - for standard input",
            "adapt to the content as it is read: smaller where it is unlike what the model has learned from; expand does so by itself");
        return new GrulmCommand(
            "compress",
            "Compress a file with a model, losslessly: text that is like what the model has learned gets smallest. expand needs the same "
                + "model, on any machine.",
            [
                "grulm compress --model model text.txt -o text.grz",
                "grulm compress --model model --learn - -o - < text.txt > text.grz",
            ],
            flags.All,
            (line, session) => flags.Run(
                line, session, "compressing",
                (from, to, model, options) => TextCompression.Compress(from, to, model, options, session.Stop)));
    }
}
