// The flags that generate and chat share: how tokens are chosen and where a text ends. What is not given is the model's own.

using System.CommandLine;
using System.Globalization;
using GruLM.Cli.Pipes;
using GruLM.Generation;
using GruLM.Model;

namespace GruLM.Cli.Commands;

/// <summary>From <c>--max-tokens</c> to <c>--samplers</c>.</summary>
internal sealed class GenerationFlags
{
    // In the order of SamplerKind.
    private static readonly string[] s_samplerNames = ["penalties", "dry", "top_k", "typical", "top_p", "min_p", "temperature"];

    // Other names that llama.cpp has for them.
    private static readonly Dictionary<string, SamplerKind> s_otherNames = new()
    {
        ["typ_p"] = SamplerKind.Typical,
        ["typical_p"] = SamplerKind.Typical,
        ["typ"] = SamplerKind.Typical,
        ["nucleus"] = SamplerKind.TopP,
        ["temp"] = SamplerKind.Temperature,
    };

    private const float MostBias = 1e30f;

    private readonly Option<int> _maxTokens = Flags.Int(
        "--max-tokens", -1, int.MaxValue, 256, "tokens generated at most; -1: until the model ends the text", "-n", "--n-predict",
        "--predict");
    private readonly Option<double?> _temperature = Also(
        Flags.OptionalNumber("--temperature", 0, 1000, "sampling temperature; 0 takes the likeliest (default: the model's, 0.8)"),
        "--temp");
    private readonly Option<int?> _topK = Flags.OptionalInt(
        "--top-k", 0, int.MaxValue, "keep the k likeliest; 0: all (default: the model's, 40)");
    private readonly Option<double?> _topP = Flags.OptionalNumber(
        "--top-p", 0, 1, "keep the likeliest that hold this probability; 1: all (default: the model's, 0.95)", above: true);
    private readonly Option<double?> _minP = Flags.OptionalNumber(
        "--min-p", 0, 1, "keep those at least this likely relative to the likeliest; 0: all (default: the model's, 0.05)");
    private readonly Option<double> _typical = Also(
        Flags.Number("--typical", 0, 1, 1, "keep the most typical that hold this probability; 1: all", above: true), "--typical-p");
    private readonly Option<double> _repeatPenalty = Flags.Number(
        "--repeat-penalty", 0, 1000, 1, "divide the scores of recent tokens by this", above: true);
    private readonly Option<int> _repeatLastN = Flags.Int(
        "--repeat-last-n", -1, int.MaxValue, 64, "how many tokens count as recent; -1: all");
    private readonly Option<double> _presence = Flags.Number(
        "--presence-penalty", -1000, 1000, 0, "taken from the score of a token that occurred recently");
    private readonly Option<double> _frequency = Flags.Number("--frequency-penalty", -1000, 1000, 0, "taken for each recent occurrence");
    private readonly Option<double> _dryMultiplier = Flags.Number(
        "--dry-multiplier", 0, 1000, 0, "taken from the score of a token that would go on with a repetition; 0: off");
    private readonly Option<double> _dryBase = Flags.Number(
        "--dry-base", 1, 1000, 1.75, "that is multiplied by this for each further token of the repetition");
    private readonly Option<int> _dryAllowedLength = Flags.Int(
        "--dry-allowed-length", 1, int.MaxValue, 2, "tokens of a repetition that are not punished");
    private readonly Option<string> _mirostat = Flags.OneOf(
        "--mirostat", ["0", "2"], "0", "2: keep the text's surprise steady, instead of top-k, typical, top-p and min-p; 0: off");
    private readonly Option<double> _mirostatEnt = Flags.Number(
        "--mirostat-ent", 0, 1000, 5, "the surprise that mirostat aims at, in bits a token");
    private readonly Option<double> _mirostatLr = Flags.Number("--mirostat-lr", 0, 1000, 0.1, "how fast mirostat learns");
    private readonly Option<string[]> _bias = Flags.List("--logit-bias", "ID=B", "add B to the score of a token; -inf forbids it");
    private readonly Option<string[]> _stop = Flags.Texts("--stop", "TEXT", "end the text before this string");
    private readonly Option<string?> _regex = Flags.Text("--regex", "TEXT", "write only what this regular expression matches as a whole");
    private readonly Option<string?> _grammar = Flags.Text(
        "--grammar", "FILE", "write only what the grammar in FILE allows, which is in llama.cpp's GBNF");
    private readonly Option<string?> _jsonSchema = Flags.Text(
        "--json-schema", "FILE", "write only JSON that fits the JSON schema in FILE");
    private readonly Option<bool> _ignoreEos = Flags.Switch("--ignore-eos", "go on where the model would end the text");
    private readonly Option<ulong?> _seed = Flags.SeedOrAny(
        "--seed", AnySeed, "makes the text repeatable (default, and -1: another text each time)", "-s");
    private readonly Option<string?> _samplers = Flags.Text(
        "--samplers", "LIST", "order of the chain, names separated by ; or , "
            + $"(default {string.Join(';', s_samplerNames)}); typ_p is typical");

    public IReadOnlyList<Option> Options =>
    [
        _maxTokens, _temperature, _topK, _topP, _minP, _typical, _repeatPenalty, _repeatLastN, _presence, _frequency, _dryMultiplier,
        _dryBase, _dryAllowedLength, _mirostat, _mirostatEnt, _mirostatLr, _bias, _stop, _regex, _grammar, _jsonSchema,
        _ignoreEos, _seed, _samplers,
    ];

    /// <summary>How to generate with the model in <paramref name="modelFolder"/>.</summary>
    public GenerationOptions Read(ParseResult flags, string modelFolder) => new()
    {
        Sampling = ReadSampling(flags, modelFolder),
        MaxTokens = flags.GetValue(_maxTokens) is >= 0 and var most ? most : int.MaxValue,
        Stop = ReadStop(flags),
        IgnoreEos = flags.GetValue(_ignoreEos),
        Constraint = ReadConstraint(flags),
    };

    private TextConstraint? ReadConstraint(ParseResult flags)
    {
        (Option<string?> Flag, Func<string, TextConstraint> Read)[] kinds =
        [
            (_regex, TextConstraint.Regex), (_grammar, path => TextConstraint.Grammar(ReadFile(path))),
            (_jsonSchema, path => TextConstraint.JsonSchema(ReadFile(path))),
        ];
        (Option<string?> Flag, Func<string, TextConstraint> Read)[] given = [.. kinds.Where(kind => flags.GetValue(kind.Flag) is not null)];
        if (given.Length > 1) throw new UsageException($"{given[0].Flag.Name} and {given[1].Flag.Name} do not go together; leave one out");
        if (given.Length == 0) return null;
        string value = flags.GetValue(given[0].Flag)!;
        try
        {
            return given[0].Read(value);
        }
        catch (ArgumentException error)
        {
            throw new UsageException($"{given[0].Flag.Name} {(given[0].Flag == _regex ? "" : value + ": ")}{error.Message}");
        }
    }

    private static string ReadFile(string path)
    {
        InputFiles.Check([path]);
        return File.ReadAllText(path);
    }

    private SamplingOptions ReadSampling(ParseResult flags, string modelFolder)
    {
        // Only the model's own defaults are needed here; the model itself is opened by the run.
        (GruConfig config, SampleKind samples) = ModelFolder.ReadConfig(modelFolder);
        var own = GenerationConfig.Load(modelFolder, samples);
        var sampling = new SamplingOptions
        {
            Temperature = flags.GetValue(_temperature) ?? own.Temperature,
            TopK = flags.GetValue(_topK) ?? own.TopK,
            TopP = flags.GetValue(_topP) ?? own.TopP,
            MinP = flags.GetValue(_minP) ?? own.MinP,
            Typical = flags.GetValue(_typical),
            RepeatPenalty = flags.GetValue(_repeatPenalty),
            RepeatLastN = flags.GetValue(_repeatLastN),
            PresencePenalty = flags.GetValue(_presence),
            FrequencyPenalty = flags.GetValue(_frequency),
            DryMultiplier = flags.GetValue(_dryMultiplier),
            DryBase = flags.GetValue(_dryBase),
            DryAllowedLength = flags.GetValue(_dryAllowedLength),
            Mirostat = flags.GetValue(_mirostat) == "2" ? 2 : 0,
            MirostatEnt = flags.GetValue(_mirostatEnt),
            MirostatLr = flags.GetValue(_mirostatLr),
            LogitBias = flags.GetValue(_bias)!.Select(text => ParseBias(text, config.VocabSize)).GroupBy(b => b.Id)
                .ToDictionary(g => g.Key, g => g.Last().Bias),

            // Another text each time unless a seed is asked for.
            Seed = flags.GetValue(_seed) ?? AnySeed(),
        };
        if (flags.GetValue(_samplers) is not { } list) return sampling;
        string[] names = list.Split([';', ','], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return sampling with { Samplers = [.. names.Select(ParseSampler)] };
    }

    private string[] ReadStop(ParseResult flags)
    {
        string[] texts = flags.GetValue(_stop)!;
        return texts.Contains("")
            ? throw new UsageException("--stop '': an empty text would end every text before its first character; leave it out")
            : texts;
    }

    private static (int Id, float Bias) ParseBias(string text, int vocabSize)
    {
        string[] parts = text.Split('=');
        if (parts.Length != 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int id)
            || ParseBiasValue(parts[1]) is not { } value)
        {
            throw new UsageException($"--logit-bias {text}: a token id, =, and a number or -inf were expected, as in 42=-1.5");
        }

        int last = vocabSize - 1;
        if (id > last) throw new UsageException($"--logit-bias {text}: this model's tokens are 0 to {last}");
        return value <= MostBias
            ? (id, value)
            : throw new UsageException(FormattableString.Invariant($"--logit-bias {text}: a bias is at most {MostBias:0e+0}"));
    }

    private static float? ParseBiasValue(string text)
    {
        if (text is "-inf") return float.NegativeInfinity;
        bool isNumber = float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value);
        return isNumber ? value : null;
    }

    private static SamplerKind ParseSampler(string name)
    {
        string known = name.Replace('-', '_');
        int index = Array.IndexOf(s_samplerNames, known);
        if (index >= 0) return (SamplerKind)index;
        return s_otherNames.TryGetValue(known, out SamplerKind step)
            ? step
            : throw new UsageException($"--samplers: unknown name '{name}'" + NearestName.Hint(name, s_samplerNames));
    }

    private static ulong AnySeed() => (ulong)Random.Shared.NextInt64();

    private static Option<T> Also<T>(Option<T> option, params string[] names)
    {
        foreach (string name in names) option.Aliases.Add(name);
        return option;
    }
}
