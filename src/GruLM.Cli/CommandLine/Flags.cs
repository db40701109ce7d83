// The kinds of flags that all commands use, so that every value is checked in the same strict way and every refusal reads alike:
// "--hidden-dim 0: a whole number from 1 to 65536 was expected". Numbers are read without regard to the machine's language.
// Defaults stand in the help text. A flag left out gives its default; GivenFlags tells the two apart.
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using GruLM.Generation;
using GruLM.Kernels;

namespace GruLM.Cli;

internal static class Flags
{
    /// <summary>A whole number within bounds.</summary>
    public static Option<int> Int(string name, int min, int max, int defaultValue, string help, params string[] aliases) =>
        Make(name, aliases, $"{help} (default {defaultValue})", "N", defaultValue, text => ParseInt(text, min, max));

    /// <summary>A whole number within bounds that may be left out, which has a meaning of its own that <paramref name="help"/>
    /// tells.</summary>
    public static Option<int?> OptionalInt(string name, int min, int max, string help, params string[] aliases) =>
        Make<int?>(name, aliases, help, "N", null, text => ParseInt(text, min, max));

    /// <summary>A whole number within bounds, behind a flag that may be given without it, which is <paramref name="alone"/> then; null
    /// when the flag is left out.</summary>
    public static Option<int?> IntOrNothing(string name, string valueName, int min, int max, int alone, string help) => new(name)
    {
        Description = help,
        HelpName = $"[{valueName}]",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result => result.Tokens.Count == 0 ? alone : Parse<int?>(result, name, text => ParseInt(text, min, max)),
    };

    /// <summary>A seed: any unsigned 64-bit number.</summary>
    public static Option<ulong> Seed(string name, ulong defaultValue, string help, params string[] aliases) =>
        Make(name, aliases, $"{help} (default {defaultValue})", "N", defaultValue, text => ParseSeed(text));

    /// <summary>A seed that may be left out, which has a meaning of its own that <paramref name="help"/> tells.</summary>
    public static Option<ulong?> OptionalSeed(string name, string help, params string[] aliases) =>
        Make<ulong?>(name, aliases, help, "N", null, text => ParseSeed(text));

    /// <summary>A seed that may be left out; -1 gives what <paramref name="any"/> draws, as leaving it out does.</summary>
    public static Option<ulong?> SeedOrAny(string name, Func<ulong> any, string help, params string[] aliases) =>
        Make<ulong?>(name, aliases, help, "N", null, text => text == "-1" ? any() : ParseSeed(text, "-1 or "));

    /// <summary>A number within bounds; <paramref name="above"/> excludes the lower bound itself.</summary>
    public static Option<double> Number(string name, double min, double max, double defaultValue, string help, bool above = false) =>
        Make(
            name, [], FormattableString.Invariant($"{help} (default {defaultValue})"), "X", defaultValue,
            text => ParseNumber(text, min, max, above));

    /// <summary>A number within bounds that may be left out.</summary>
    public static Option<double?> OptionalNumber(string name, double min, double max, string help, bool above = false) =>
        Make<double?>(name, [], help, "X", null, text => ParseNumber(text, min, max, above));

    /// <summary>A text as it stands; null when left out and no default is given.</summary>
    public static Option<string?> Text(string name, string valueName, string help, string? defaultValue = null, params string[] aliases)
    {
        string description = string.IsNullOrEmpty(defaultValue) ? help : $"{help} (default {defaultValue})";
        return Make(name, aliases, description, valueName, defaultValue, text => text);
    }

    /// <summary>A text that may be left out, and must not be empty.</summary>
    public static Option<string?> OptionalText(string name, string valueName, string help) =>
        Make<string?>(name, [], help, valueName, null, NotEmpty);

    /// <summary>A text that must be given and must not be empty.</summary>
    public static Option<string> RequiredText(string name, string valueName, string help, params string[] aliases)
    {
        Option<string> option = Make(name, aliases, help, valueName, "", NotEmpty);
        option.DefaultValueFactory = null;
        option.Required = true;
        return option;
    }

    /// <summary>A text that may be given several times. One stands behind the flag each time, so that a text that lacks its quotation marks
    /// is no list of its words.</summary>
    public static Option<string[]> Texts(string name, string valueName, string help, params string[] aliases) => new(name, aliases)
    {
        Description = help,
        HelpName = valueName,
        Arity = ArgumentArity.OneOrMore,
        DefaultValueFactory = _ => [],
    };

    /// <summary>A list, such as of files: several behind the flag, or the flag several times.</summary>
    public static Option<string[]> List(string name, string valueName, string help, params string[] aliases)
    {
        Option<string[]> option = Texts(name, valueName, help, aliases);
        option.AllowMultipleArgumentsPerToken = true;
        return option;
    }

    /// <summary>One of a few words.</summary>
    public static Option<string> OneOf(string name, string[] words, string defaultValue, string help, params string[] aliases) =>
        Make(
            name, aliases, $"{help} (default {defaultValue})", string.Join('|', words), defaultValue,
            text => ParseWord(text, words));

    /// <summary>One of a few words that may be left out.</summary>
    public static Option<string?> OptionalOneOf(string name, string[] words, string help) =>
        Make<string?>(name, [], help, string.Join('|', words), null, text => ParseWord(text, words));

    /// <summary>A flag without a value.</summary>
    public static Option<bool> Switch(string name, string help, params string[] aliases) =>
        new(name, aliases) { Description = help, Arity = ArgumentArity.Zero };

    /// <summary><c>--threads</c>, which every command that computes has.</summary>
    public static Option<int?> Threads() => OptionalInt("--threads", 0, 1024, "threads to compute with (default, and 0: one a core)");

    /// <summary><c>--device</c>, which every command that computes with a model has; <paramref name="besides"/> is added to its
    /// help.</summary>
    public static Option<string> Device(string besides = "") => OneOf(
        "--device", [.. Devices.Words], Devices.Cpu,
        SettingsTable.OfProperty(nameof(TrainingSettings.Device))!.Help + besides);

    /// <summary><c>--precision</c>, of measurements: of the processor alone where nothing else is said.</summary>
    public static Option<string> Precision(string? help = null) => OneOf(
        "--precision", ["auto", "fp32", "bf16"], "auto",
        help
            ?? "in which precision matrices are multiplied; auto is bf16 where the processor has AVX512-BF16 (Linux x64), else fp32; "
                + "bf16 is fp32 where it has neither that nor AMX");

    /// <summary>The precision that a value of <see cref="Precision(string?)"/> names.</summary>
    public static Precision PrecisionOf(string word) => word switch
    {
        "fp32" => Kernels.Precision.Fp32,
        "bf16" => Kernels.Precision.Bf16,
        _ => Kernels.Precision.Auto,
    };

    /// <summary><c>--weights</c>; <paramref name="auto"/> says what is taken when nothing is asked for.</summary>
    public static Option<string> Weights(string auto) => OneOf(
        "--weights", ["auto", "fp32", "int8"], "auto",
        $"the numbers that weights are read as; int8 is faster and gives the same text on every machine; {auto}");

    /// <summary>The format that a value of <see cref="Weights"/> names.</summary>
    public static WeightFormat WeightsOf(string word) => word switch
    {
        "fp32" => WeightFormat.Fp32,
        "int8" => WeightFormat.Int8,
        _ => WeightFormat.Auto,
    };

    /// <summary><c>--json</c>, which every command has whose result a program would read.</summary>
    public static Option<bool> Json() => Switch("--json", "write the result as JSON on standard output");

    /// <summary>Makes each flag known under its name with underscores too, as <c>spm_train</c> has it; help does not show those.</summary>
    public static T WithUnderscores<T>(this T option)
        where T : Option
    {
        if (option.Name.IndexOf('-', 2) > 0)
        {
            option.Aliases.Add("--" + option.Name[2..].Replace('-', '_'));
        }

        return option;
    }

    private static int ParseInt(string text, int min, int max)
    {
        bool isNumber = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value);
        if (isNumber && value >= min && value <= max) return value;

        // A bound that nobody thinks of is named where it matters.
        bool isTooLarge = text.Length > 0 && text.All(char.IsAsciiDigit);
        string bounds = max == int.MaxValue && !isTooLarge ? $"from {min} up" : $"from {min} to {max}";
        throw new FormatException($"a whole number {bounds} was expected");
    }

    private static ulong ParseSeed(string text, string orElse = "") =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw new FormatException($"{orElse}a whole number from 0 to {ulong.MaxValue} was expected");

    private static double ParseNumber(string text, double min, double max, bool above)
    {
        bool isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value);
        if (isNumber && (above ? value > min : value >= min) && value <= max) return value;
        string lower = above ? "above" : "from";
        string upper = max == double.MaxValue ? "up" : FormattableString.Invariant($"to {max}");
        string point = text.Replace(',', '.');
        bool hasComma = point != text && double.TryParse(point, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
        string hint = hasComma ? $", with a point: {point}" : "";
        throw new FormatException(FormattableString.Invariant($"a number {lower} {min} {upper} was expected{hint}"));
    }

    private static string ParseWord(string text, string[] words)
    {
        if (words.Contains(text, StringComparer.Ordinal)) return text;
        string known = string.Join(", ", words);

        // No number is a mistyped other one.
        string hint = text.All(char.IsAsciiDigit) ? "" : NearestName.Hint(text, words);
        throw new FormatException($"one of {known} was expected" + hint);
    }

    private static Option<T> Make<T>(string name, string[] aliases, string help, string valueName, T defaultValue, Func<string, T> parse) =>
        new(name, aliases)
        {
            Description = help,
            HelpName = valueName,
            DefaultValueFactory = _ => defaultValue,
            CustomParser = result => Parse(result, name, parse),
        };

    private static T? Parse<T>(ArgumentResult result, string name, Func<string, T> parse)
    {
        // Left out, or given without a value, which is reported as that.
        if (result.Tokens.Count == 0)
        {
            return default;
        }

        string text = result.Tokens[0].Value;
        try
        {
            return parse(text);
        }
        catch (FormatException e)
        {
            string given = text.Length == 0 ? "''" : text;
            result.AddError($"{name} {given}: {e.Message}");
            return default;
        }
    }

    private static string NotEmpty(string text) =>
        text.Length > 0 ? text : throw new FormatException("something was expected, this is empty");
}
