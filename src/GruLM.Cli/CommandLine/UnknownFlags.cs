// Words of a command line that look like flags and are none. System.CommandLine hands such a word to whatever flag or list stands before
// it, so that a flag that was mistyped would become a prompt or the name of a file. A text that begins with a dash is still possible, as
// --prompt=--x, and so is a name, behind --.
using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;

namespace GruLM.Cli;

/// <summary>Finds flags that a command does not have.</summary>
internal static partial class UnknownFlags
{
    private const string EndOfFlags = "--";

    private static readonly string[] s_on = ["true", "on", "yes", "1"];
    private static readonly string[] s_off = ["false", "off", "no", "0"];

    /// <summary>Throws for the first word that is written like a flag and is none of the command's, or a switch with a value.</summary>
    /// <exception cref="UsageException">There is one.</exception>
    public static void Check(IReadOnlyList<string> words, Command command)
    {
        // The flag that the word at hand would be a value of.
        Option? before = null;
        bool hasValueBefore = false;
        foreach (string word in words.TakeWhile(word => word != EndOfFlags))
        {
            if (!LooksLikeFlag(word))
            {
                if (before?.Arity.MaximumNumberOfValues == 1) before = null;
                hasValueBefore = true;
                continue;
            }

            string name = NameOf(word);
            Option? flag = Named(name, command);
            if (flag is null) throw new UsageException(Sentence(name, word, before, command));
            if (before is not null && !hasValueBefore) throw new UsageException(WithoutWord(before, word));
            bool hasValue = name.Length < word.Length;
            if (hasValue && IsSwitch(flag)) throw new UsageException(WithoutValue(flag, word[(name.Length + 1)..], command));
            before = hasValue || IsSwitch(flag) ? null : flag;
            hasValueBefore = before?.Arity.MinimumNumberOfValues == 0;
        }
    }

    /// <summary>The last flag that stands before a word; null when none does.</summary>
    public static Option? Before(string word, IReadOnlyList<string> words, Command command) => words
        .TakeWhile(other => other != word && other != EndOfFlags)
        .Where(LooksLikeFlag).Select(other => Named(NameOf(other), command)).LastOrDefault(flag => flag is not null);

    /// <summary>What to say of a word behind a switch that was meant to turn it on or off; null for any other word.</summary>
    public static string? ForSwitch(string word, Option? flag, Command command) =>
        flag is not null && IsSwitch(flag) && s_on.Concat(s_off).Contains(word) ? WithoutValue(flag, word, command) : null;

    /// <summary>That a command has no such flag, with the nearest that it has.</summary>
    public static string Sentence(string name, string word, Option? before, Command command)
    {
        string owner = GrulmCommand.NameOf(command);
        string hint = NearestName.Hint(name, NamesOf(command.Options));
        if (hint.Length > 0) return $"unknown option {name} for '{owner}'{hint}";
        return $"unknown option {name} for '{owner}'" + Advice(name, word, before, command, GrulmCommand.PathOf(command));
    }

    /// <summary>The names of flags and their other names, but for those of one letter, which are near to anything.</summary>
    public static IEnumerable<string> NamesOf(IEnumerable<Option> flags)
    {
        Option[] all = [.. flags];
        return all.Select(flag => flag.Name)
            .Concat(all.SelectMany(flag => flag.Aliases).Where(alias => alias.StartsWith("--", StringComparison.Ordinal)));
    }

    private static string Advice(string name, string word, Option? before, Command command, string path)
    {
        if (name is "--model" or "-m" && command.Arguments.FirstOrDefault() is { } folder)
        {
            return $"; the model is named without a flag: {path} {folder.HelpName ?? folder.Name}";
        }

        bool isJoined = word.Length > 2 && char.IsAsciiDigit(word[2]) && Named(word[..2], command) is not null;
        if (isJoined) return $"; write {word[..2]} {word[2..]}";
        string elsewhere = Elsewhere(name);
        if (elsewhere.Length > 0) return elsewhere;
        if (before is not null) return $"; a text that begins with a dash is given as {before.Name}={ShellWord.Of(word)}";
        if (command.Arguments.Count > 0) return "; a name that begins with a dash stands behind --";
        return command is RootCommand && name is "-v" or "-V" ? "; did you mean --version?" : "";
    }

    // The other commands that have it: all, or the first of many. Those of this line may lack flags that it did not need.
    private static string Elsewhere(string name)
    {
        const int few = 3;
        var root = new RootCommand();
        foreach (GrulmCommand command in Program.Commands()) root.Add(command);
        string[] owners = [.. Leaves(root).Where(leaf => Named(name, leaf) is { Hidden: false }).Select(GrulmCommand.NameOf)];
        if (owners.Length == 0) return "";
        return "; it is a flag of " + (owners.Length > few ? $"'{owners[0]}' and others" : $"'{string.Join("', '", owners)}'");

        static IEnumerable<Command> Leaves(Command command) =>
            command.Subcommands.Count == 0 ? [command] : command.Subcommands.SelectMany(Leaves);
    }

    private static string WithoutWord(Option flag, string next)
    {
        bool isText = flag.ValueType == typeof(string) || flag.ValueType == typeof(string[]);
        string advice = isText ? $"; a text that begins with a dash is given as {flag.Name}={ShellWord.Of(next)}" : "";
        return $"{flag.Name} needs a value, and {next} is a flag{advice}";
    }

    private static string WithoutValue(Option flag, string value, Command command)
    {
        const string not = "--no-";
        bool isNegated = flag.Name.StartsWith(not, StringComparison.Ordinal);
        string opposite = isNegated ? "--" + flag.Name[not.Length..] : not + flag.Name[2..];
        bool wantsOff = s_off.Contains(value);
        string advice = !wantsOff ? $"write {flag.Name} alone"
            : Named(opposite, command) is not null ? $"write {opposite} instead"
            : "leave it out";
        return $"{flag.Name} is a switch and takes no value: {advice}";
    }

    private static bool IsSwitch(Option flag) => flag.Arity.MaximumNumberOfValues == 0;

    // Numbers may be negative.
    private static bool LooksLikeFlag(string word) =>
        FlagLike().IsMatch(word) && word is not ("-inf" or "-nan")
        && !double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    // A value may stand behind = or :, as System.CommandLine has it.
    private static string NameOf(string word) => word.IndexOfAny(['=', ':']) is > 0 and var end ? word[..end] : word;

    // Help is known to all commands, and may stand anywhere.
    private static Option? Named(string name, Command command)
    {
        IEnumerable<Option> inherited = command.Parents.OfType<Command>().SelectMany(Inherited);
        return command.Options.Concat(inherited).FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));

        static IEnumerable<Option> Inherited(Command parent) => parent.Options.Where(option => option.Recursive)
            .Concat(parent.Parents.OfType<Command>().SelectMany(Inherited));
    }

    [GeneratedRegex(@"^--?[A-Za-z][A-Za-z0-9_-]*([=:].*)?$", RegexOptions.Singleline)]
    private static partial Regex FlagLike();
}
