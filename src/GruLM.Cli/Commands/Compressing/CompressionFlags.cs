// The flags that compress and expand share, and what both do around the work: open the streams, show how far it is, tell the sizes.

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using GruLM.Cli.Pipes;
using GruLM.Formats;

namespace GruLM.Cli.Commands;

/// <summary>From a file to another one, by a model.</summary>
internal sealed class CompressionFlags(string fileHelp, string learnHelp)
{
    private readonly Option<string> _model = Flags.RequiredText("--model", "DIR", "a model folder", "-m");
    private readonly Argument<string> _file = new("FILE") { Description = fileHelp, HelpName = "FILE" };
    private readonly Option<string> _output = Flags.RequiredText(
        "--output", "FILE|-", "file to write, which is replaced where there is one; - for standard output", "-o");
    private readonly Option<bool> _learn = Flags.Switch("--learn", learnHelp);
    private readonly Option<bool> _json = Flags.Json();
    private readonly Option<int?> _threads = Flags.Threads();

    /// <summary>What a line may have.</summary>
    public IReadOnlyList<Symbol> All => [_file, _model, _output, _learn, _json, _threads];

    /// <summary>Does <paramref name="work"/> from the input to the output; <paramref name="verb"/> is what it does.</summary>
    public int Run(
        ParseResult flags, Session session, string verb,
        Func<Stream, Stream, LanguageModel, CompressionOptions, CompressionFigures> work)
    {
        string file = flags.GetValue(_file)!, output = flags.GetValue(_output)!;
        bool isJson = flags.GetValue(_json), isPiped = output == InputFiles.StandardInput;
        if (isJson && isPiped) throw new UsageException("--json writes to standard output, and so does --output -; give one of them");
        InputFiles.Check([file]);
        InputFiles.CheckOutput([file], output);
        using var model = LanguageModel.Open(flags.GetValue(_model)!, threads: 1);
        using FileStream? opened = file == InputFiles.StandardInput
            ? null
            : new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        var input = new WatchedInput(opened ?? session.Input, InputFiles.DisplayName(file));
        long total = InputFiles.TotalBytes([file]);
        var progress = new ProgressLine(session.Error, session.ErrorIsTerminal && !(isPiped && session.OutputIsTerminal));
        var options = new CompressionOptions
        {
            Learn = flags.GetValue(_learn),
            Threads = flags.GetValue(_threads) ?? 0,
            InputName = InputFiles.DisplayName(file),
            Progress = bytes => progress.ReportBytes(bytes, verb == "compressing" ? total : 0),
        };
        var watch = Stopwatch.StartNew();
        var figures = default(CompressionFigures);
        try
        {
            if (isPiped) Write(session.Output.BaseStream);
            else AtomicFile.Write(output, Write);
        }
        finally
        {
            progress.Finish();
        }

        Tell(figures, watch.Elapsed.TotalSeconds, isJson, session);
        return ExitCode.Done;

        void Write(Stream to) => figures = work(input, to, model, options);
    }

    private static void Tell(CompressionFigures figures, double seconds, bool isJson, Session session)
    {
        (long content, long compressed) = figures;
        double bits = content == 0 ? 0 : 8.0 * compressed / content;
        if (isJson)
        {
            JsonLine.Write(session.Output, json =>
            {
                json.WriteNumber("content_bytes", content);
                json.WriteNumber("compressed_bytes", compressed);
                json.WriteNumber("bits_per_byte", Math.Round(bits, 4));
                json.WriteNumber("seconds", Math.Round(seconds, 3));
            });
            return;
        }

        string speed = seconds < 1e-3 ? "" : string.Create(CultureInfo.InvariantCulture, $", {content / 1e3 / seconds:#,0} KB/s");
        session.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{content:#,0} bytes, compressed {compressed:#,0}: {bits:0.000} bits a byte, in {seconds:0.0} s{speed}"));
    }
}
