// The flags of grulm generate beside those that it shares with chat: what is continued, how often, and where the state is kept.

using System.CommandLine;

namespace GruLM.Cli.Commands;

/// <summary>The flags of <c>grulm generate</c>.</summary>
internal sealed class GenerateFlags
{
    private readonly Option<string> _model = Flags.RequiredText("--model", "DIR", "a model folder", "-m");
    private readonly Option<string[]> _prompts = Flags.Texts(
        "--prompt", "TEXT", "text to continue; may be given several times", "-p");
    private readonly Option<string?> _file = Flags.Text(
        "--file", "FILE", "read the prompt from a file (- for standard input)", null, "-f");
    private readonly Option<bool> _escape = Flags.Switch(
        "--escape", "read \\n, \\t, \\\\ and \\u00e9 in prompts and stop strings as what they stand for", "-e");
    private readonly Option<int?> _completions = Flags.OptionalInt(
        "--completions", 1, 1_000_000, "texts behind each prompt, each by another draw (default 1)");
    private readonly Option<bool> _new = Flags.Switch(
        "--new", "leave out what stands as a line or record in the training text, and what was written before");
    private readonly Option<int?> _beam = Flags.OptionalInt(
        "--beam", 1, LanguageModel.WidestBeam, "instead of drawing, search for the likeliest text, following N at a time");
    private readonly Option<int?> _logProbs = Flags.OptionalInt(
        "--logprobs", 0, 1000, "with --json: the log-probability of each token, and those of the N likeliest");
    private readonly Option<string?> _state = Flags.Text(
        "--state", "FILE", "go on from the state in FILE when it is there, and write the state there at the end");
    private readonly Option<bool> _json = Flags.Json();
    private readonly Option<string> _weights = Flags.Weights("auto is int8, on a card fp32");
    private readonly Option<string> _device = Flags.Device();
    private readonly Option<int?> _threads = Flags.Threads();

    /// <summary>How tokens are chosen and where a text ends.</summary>
    public GenerationFlags Generation { get; } = new();

    public IReadOnlyList<Option> Options =>
    [
        _model, _prompts, _file, _escape, .. Generation.Options, _completions, _new, _beam, _logProbs, _state, _json, _weights, _device,
        _threads,
    ];

    /// <summary>What a command line says.</summary>
    /// <exception cref="UsageException">Flags were given that do not go together.</exception>
    public GenerateCall Read(ParseResult flags)
    {
        var call = new GenerateCall
        {
            Model = flags.GetValue(_model)!,
            Prompts = flags.GetValue(_prompts)!,
            File = flags.GetValue(_file),
            Escape = flags.GetValue(_escape),
            Completions = flags.GetValue(_completions),
            OnlyNew = flags.GetValue(_new),
            Beam = flags.GetValue(_beam),
            LogProbs = flags.GetValue(_logProbs),
            State = flags.GetValue(_state),
            Json = flags.GetValue(_json),
            Weights = Flags.WeightsOf(flags.GetValue(_weights)!),
            Device = flags.GetValue(_device)!,
            Threads = flags.GetValue(_threads) ?? 0,
        };
        Check(call);
        return call;
    }

    private static void Check(GenerateCall call)
    {
        if (call is { LogProbs: not null, Json: false }) throw new UsageException("--logprobs are written with --json; add it");
        int prompts = call.Prompts.Count + (call.File is null ? 0 : 1);
        if (call.State is not null && (prompts > 1 || call.Completions is not null || call.OnlyNew || call.Beam is not null))
        {
            throw new UsageException(
                "--state carries one text on; give one prompt, and leave --completions, --new and --beam out");
        }

        if (call.Beam is { } beam && call.Completions > beam)
        {
            throw new UsageException($"--completions {call.Completions}: --beam {beam} finds {beam} texts at most; make it larger");
        }

        if (call is { Beam: not null, LogProbs: not null })
        {
            throw new UsageException("--beam tells the 'logprob' of each text, not of its tokens; leave --logprobs out");
        }

        if (call.Beam is not null && call.OnlyNew)
        {
            throw new UsageException("--beam finds the likeliest texts, known or not; leave --new out, or draw with --completions");
        }
    }
}
