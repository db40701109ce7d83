// What can be done in a talk besides talking: lines that begin with a slash. What they have to say goes to standard error, since standard
// output is the model's.

using GruLM.Report;

namespace GruLM.Cli.Commands;

/// <summary>Does what a line with a slash asks for. A mistake is answered with a line, and the talk goes on.</summary>
internal sealed class TalkCommands
{
    private const int NameWidth = 22;
    private const int MostOfMessage = 60;

    private readonly TalkTurns _turns;
    private readonly TalkSettings _settings;
    private readonly ILineInput _input;
    private readonly Session _session;
    private readonly SlashCommand[] _commands;

    public TalkCommands(TalkTurns turns, TalkSettings settings, ILineInput input, Session session)
    {
        (_turns, _settings, _input, _session) = (turns, settings, input, session);
        _commands =
        [
            new(["/undo"], "", "take the last turn back", Undo),
            new(["/regen"], "", "answer the last message again, by another draw", Regenerate),
            new(["/fork"], "[NAME]", "go on in a copy of the talk that is called NAME, or in the one that is called so already\n"
                + $"without a name: list the talks, the first of which is called {TalkBranches.First}", Fork),
            new(["/save"], "FILE", "write where the talk stands to a file", Save),
            new(["/load"], "FILE", "go on from where a talk stood", Load),
            new(["/set"], "[NAME [VALUE]]", "change a setting as its flag would, such as /set temperature 0.5\n"
                + "without a value: as if the flag had been left out; without a name: list the settings", Set),
            new(["/show"], "", "what the model is, and the settings in effect", Show),
            new(["/clear", "/reset"], "", "forget the talk so far", Clear),
            new(["/bye", "/quit", "/exit"], "", "end the talk", End),
            new(["/?", "/help"], "", "this list", Help),
        ];
    }

    /// <summary>What /show says beside what stands in the model's folder.</summary>
    public required IReadOnlyList<(string Name, string Value)> Facts { get; init; }

    /// <summary>The model's folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Whether the talk was ended.</summary>
    public bool HaveEnded { get; private set; }

    /// <summary>Does what <paramref name="line"/> asks for.</summary>
    public void Do(string line)
    {
        string[] words = line.Split((char[]?)null, 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string name = words[0].ToLowerInvariant(), argument = words.Length > 1 ? words[1] : "";
        try
        {
            if (Array.Find(_commands, command => command.Names.Contains(name)) is { } known) Do(known, argument);
            else TellOfUnknown(words[0]);
        }
        catch (Exception error) when (error is UsageException or ArgumentException or IOException or InvalidDataException
            or UnauthorizedAccessException)
        {
            Failure.Report(error, _session.Error);
        }
    }

    private static void Do(SlashCommand command, string argument)
    {
        string name = command.Names[0];
        if (command.Argument.Length == 0 && argument.Length > 0) throw new UsageException($"{name} stands alone on its line");
        bool needs = command.Argument.Length > 0 && command.Argument[0] != '[';
        if (needs && argument.Length == 0) throw new UsageException($"{name} needs a name: {name} {command.Argument}");
        command.Do(argument);
    }

    private void TellOfUnknown(string word)
    {
        string hint = NearestName.Hint(word, _commands.SelectMany(command => command.Names));
        _session.Error.WriteLine($"{word} is no command{hint} (/? lists them; /{word} says {word} to the model)");
    }

    private void Undo(string _)
    {
        if (_turns.TakeBack() is { } message) Tell($"taken back: {Shorten(message)}");
        else _session.Error.WriteLine("there is no turn to take back");
    }

    private void Regenerate(string _)
    {
        if (!_turns.SayAgain()) _session.Error.WriteLine("there is no turn to answer again");
    }

    private void Fork(string name)
    {
        TalkBranches branches = _turns.Branches;
        if (name.Length == 0)
        {
            foreach (string other in branches.Names) _session.Error.WriteLine((other == branches.Name ? "* " : "  ") + other);
            return;
        }

        string before = branches.Name;
        bool isNew = branches.GoTo(name);
        Tell(isNew ? $"this is {name} now; /fork {before} goes back" : $"this is {name} now");
    }

    private void Save(string path)
    {
        using (_session.Deadline.Hold()) _turns.Chat.Save(path);
        Tell($"saved to {path}");
    }

    private void Load(string path)
    {
        _turns.Load(path);
        Tell($"goes on from {path}");
    }

    private void Set(string words)
    {
        if (words.Length == 0)
        {
            foreach ((string setting, string now) in _settings.List()) WriteRow(setting, now);
            return;
        }

        string[] parts = words.Split((char[]?)null, 2, StringSplitOptions.TrimEntries);
        _settings.Set(parts[0], parts.Length > 1 ? parts[1] : "");
        _turns.Chat.Options = _settings.Options;
        Tell($"set: {words}");
    }

    private void Show(string _)
    {
        WriteRow("model", Folder);
        foreach ((string name, string value) in ModelDescription.Read(Folder).Facts()) WriteRow(name, SettingWords.ToFlags(value));
        foreach ((string name, string value) in Facts) WriteRow(name, value);
        WriteRow("talk", $"{_turns.Branches.Name}; turns that /undo can take back: {_turns.Branches.Said.Count}");
        Set("");
    }

    private void Clear(string _)
    {
        _turns.Forget();
        Tell("the talk is forgotten");
    }

    private void End(string _) => HaveEnded = true;

    private void Help(string _)
    {
        foreach (SlashCommand command in _commands)
        {
            WriteRow($"{string.Join(", ", command.Names)} {command.Argument}".TrimEnd(), command.Help);
        }

        WriteRow("\"\"\"", "begins a message of several lines, which ends with a line that ends with \"\"\"");
        WriteRow("//text", "says /text to the model");
        if (_input is TerminalLineInput) WriteRow("Ctrl-C", "cuts a reply short; where you type, ends the talk");
    }

    // What a person sees who typed it; a program that wrote it knows.
    private void Tell(string text)
    {
        if (_input.IsInteractive) _session.Error.WriteLine(text);
    }

    private void WriteRow(string name, string value)
    {
        foreach (string line in value.Split('\n'))
        {
            _session.Error.WriteLine($"  {name.PadRight(NameWidth)}  {line}");
            name = "";
        }
    }

    private static string Shorten(string message)
    {
        string line = message.ReplaceLineEndings(" ");
        return line.Length <= MostOfMessage ? line : string.Concat(line.AsSpan(0, MostOfMessage), "…");
    }

    private sealed record SlashCommand(string[] Names, string Argument, string Help, Action<string> Do);
}
