// The flags of grulm eval, and which of them go together: with --repeats it looks at what the model writes, with --dynamic it adapts.

using System.CommandLine;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli.Commands;

/// <summary>The flags of <c>grulm eval</c>.</summary>
internal sealed class EvalFlags
{
    private static readonly DynamicOptions s_dynamicDefaults = new();

    private readonly Option<string> _model = Flags.RequiredText("--model", "DIR", "a model folder", "-m");
    private readonly Option<string?> _data = Flags.Text(
        "--data", "FILE|DIR|-", "text to evaluate on; without it the held-out part of what the model was trained on");
    private readonly Option<bool> _heldOut = Flags.Switch(
        "--held-out", "--data is the text that the model was trained on, in another place: only its held-out part is read");
    private readonly DataFlags _form = new();
    private readonly Option<int> _window = Flags.Int(
        "--window", 0, int.MaxValue, 0, "start from a fresh state every N tokens; 0: one stream");
    private readonly Option<string> _samples = Flags.OneOf(
        "--samples", ["auto", "stream", "lines"], "auto", "as one stream, or line by line (auto: as the model was trained)");
    private readonly Option<bool> _maskPrompt = Flags.Switch(
        "--mask-prompt",
        "line by line: only answers count, what stands after <ai> up to and including <end> (default: as the model was trained)");
    private readonly Option<bool> _noMaskPrompt = Flags.Switch("--no-mask-prompt", "the opposite of --mask-prompt");
    private readonly Option<bool> _dynamic = Flags.Switch(
        "--dynamic",
        "also let a copy of the model learn from the text as it reads it, each segment after it was scored, "
        + "and report those figures (dynamic_nll, … in JSON) beside the usual ones; the model folder is not changed");
    private readonly Option<int> _segment = Flags.Int(
        "--dynamic-segment", 1, 65536, s_dynamicDefaults.Segment, "tokens scored before they are learned from");
    private readonly Option<double> _rate = Flags.Number(
        "--dynamic-lr", 0, 1, s_dynamicDefaults.LearningRate, "size of a learning step; 0: the model does not adapt");
    private readonly Option<double> _decay = Flags.Number(
        "--dynamic-decay", 0, 1, s_dynamicDefaults.Decay, "share of the way back to its trained parameters that it goes at each step");
    private readonly Option<bool> _repeats = Flags.Switch(
        "--repeats",
        "instead: write a text and tell how much of it stands verbatim in the training text "
        + "(--data FILE, or the recorded one, whose held-out part is then compared too)");
    private readonly Option<int> _maxTokens = Flags.Int("--max-tokens", 1, 1_000_000, 2000, "tokens written for --repeats", "-n");
    private readonly Option<ulong> _seed = Flags.Seed("--seed", 0, "of the text written for --repeats", "-s");
    private readonly Option<string> _weights = Flags.Weights("auto is fp32");
    private readonly Option<bool> _json = Flags.Json();
    private readonly Option<string> _device = Flags.Device("; --dynamic adapts on the processor");
    private readonly Option<int?> _threads = Flags.Threads();

    public IReadOnlyList<Option> Options =>
    [
        _model, _data, _heldOut, _form.Format, _form.Column, _window, _samples, _maskPrompt, _noMaskPrompt,
        _dynamic, _segment, _rate, _decay, _repeats, _maxTokens, _seed, _weights, _json, _device, _threads,
    ];

    /// <summary>Whether <c>--repeats</c> was given; otherwise figures are asked for.</summary>
    public bool Repeats(ParseResult flags) => flags.GetValue(_repeats);

    /// <summary>What a command line with <c>--repeats</c> says.</summary>
    /// <exception cref="UsageException">A flag was given that does not go with it.</exception>
    public RepeatsSettings ReadRepeats(ParseResult flags)
    {
        if (flags.GetValue(_dynamic) || flags.Given(_window) || flags.Given(_samples))
        {
            throw new UsageException("--repeats looks at what the model writes; --dynamic, --window and --samples do not go with it");
        }

        return new RepeatsSettings
        {
            Model = flags.GetValue(_model)!,
            Data = ReadData(flags),
            HeldOutOnly = flags.GetValue(_heldOut),
            DataFormat = _form.FormatOf(flags),
            Column = flags.GetValue(_form.Column),
            MaxTokens = flags.GetValue(_maxTokens),
            Seed = flags.GetValue(_seed),
            Device = flags.GetValue(_device)!,
            Threads = flags.GetValue(_threads) ?? 0,
        };
    }

    /// <summary>What a command line without <c>--repeats</c> says.</summary>
    /// <exception cref="UsageException">Flags were given that do not go together.</exception>
    public EvaluationSettings Read(ParseResult flags)
    {
        if (flags.Given(_maxTokens) || flags.Given(_seed)) throw new UsageException("--max-tokens and --seed go with --repeats");
        return new EvaluationSettings
        {
            Model = flags.GetValue(_model)!,
            Data = ReadData(flags),
            HeldOutOnly = flags.GetValue(_heldOut),
            DataFormat = _form.FormatOf(flags),
            Column = flags.GetValue(_form.Column),
            MaskPrompt = flags.GetValue(_noMaskPrompt) ? false : flags.GetValue(_maskPrompt) ? true : null,
            Window = flags.GetValue(_window),
            Samples = flags.GetValue(_samples) switch { "stream" => SampleKind.Stream, "lines" => SampleKind.Lines, _ => null },
            Dynamic = ReadDynamic(flags),
            Weights = Flags.WeightsOf(flags.GetValue(_weights)!),
            Device = flags.GetValue(_device)!,
            Threads = flags.GetValue(_threads) ?? 0,
        };
    }

    /// <summary>Whether the result is to be JSON.</summary>
    public bool IsJson(ParseResult flags) => flags.GetValue(_json);

    private string[] ReadData(ParseResult flags) => flags.GetValue(_data) is { } data ? [data] : [];

    private DynamicOptions? ReadDynamic(ParseResult flags)
    {
        if (!flags.GetValue(_dynamic))
        {
            if (!flags.Given(_segment) && !flags.Given(_rate) && !flags.Given(_decay)) return null;
            throw new UsageException("--dynamic-segment, --dynamic-lr and --dynamic-decay go with --dynamic");
        }

        if (flags.GetValue(_window) > 0)
        {
            throw new UsageException("--dynamic reads one stream and --window starts anew every N tokens; give one of them");
        }

        return new DynamicOptions
        {
            Segment = flags.GetValue(_segment),
            LearningRate = flags.GetValue(_rate),
            Decay = flags.GetValue(_decay),
        };
    }
}
