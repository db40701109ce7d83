// The script for bash: one function that looks at the words so far, and tables of what the commands have. It runs in bash 3.2 too, which
// macOS has. What stands behind = is a word of its own to bash, and so is the =.

using System.Text;

namespace GruLM.Cli.Commands;

internal static class BashScript
{
    private const string Head = """
        # Completion of grulm for bash, written by 'grulm completion bash'.
        _grulm_reply() {
          local word
          while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$@")
        }

        _grulm() {
          local cur=${COMP_WORDS[COMP_CWORD]} at=$COMP_CWORD command= flag= last= kind= words= i
          COMPREPLY=()
          if [[ $cur == = ]]; then cur=; else ((at--)); fi
          [[ ${COMP_WORDS[at]} == = ]] && ((at--))
          flag=${COMP_WORDS[at]}
          for ((i = at; i > 0; i--)); do
            [[ ${COMP_WORDS[i]} == -?* ]] && { last=${COMP_WORDS[i]}; break; }
          done
          for ((i = 1; i < COMP_CWORD; i++)); do
            case "$command ${COMP_WORDS[i]}" in

        """;

    private const string Tail = """
          esac
          [[ $cur == -?* && $kind != text ]] && kind=flags
          case $kind in
            words) _grulm_reply -W "$words" -- "$cur" ;;
            files) compopt -o filenames 2>/dev/null; _grulm_reply -f -- "$cur" ;;
            folders) compopt -o filenames 2>/dev/null; _grulm_reply -d -- "$cur" ;;
            flags) _grulm_reply -W "$flags" -- "$cur" ;;
          esac
        }

        complete -F _grulm grulm

        """;

    /// <summary>The script.</summary>
    public static string Of(IReadOnlyList<CompletedCommand> commands)
    {
        var text = new StringBuilder(Head);
        foreach (CompletedCommand command in commands.Where(command => command.Path.Length > 0))
        {
            int space = command.Path.LastIndexOf(' ');
            string group = space < 0 ? "" : command.Path[..space], name = command.Path[(space + 1)..];
            text.Append($"      '{group} {name}') command='{command.Path}' ;;\n");
        }

        text.Append("    esac\n  done\n\n  local flags=\n  case \"$command\" in\n");
        foreach (CompletedCommand command in commands)
        {
            string flags = string.Join(' ', command.Flags.SelectMany(flag => flag.Names));
            text.Append($"    '{command.Path}') flags='{flags}' {Words(command)} ;;\n");
        }

        text.Append("  esac\n  case \"$command:$flag\" in\n");
        foreach (CompletedCommand command in commands) AppendValues(text, command, lists: false);
        text.Append("  esac\n  case \"$command:$last\" in\n");
        foreach (CompletedCommand command in commands) AppendValues(text, command, lists: true);
        return text.Append(Tail).ToString().ReplaceLineEndings("\n");
    }

    // What a word is that stands behind no flag.
    private static string Words(CompletedCommand command) => command switch
    {
        { Commands.Count: > 0 } => $"kind=words words='{string.Join(' ', command.Commands.Select(sub => sub.Name))}'",
        { Argument: { } argument } => Assignments(argument),
        _ => "kind=flags",
    };

    private static string Assignments(CompletedValue value) =>
        value.Words.Count > 0 ? $"kind=words words='{string.Join(' ', value.Words)}'"
        : value.IsFile ? "kind=files"
        : value.IsFolder ? "kind=folders"
        : "kind=text";

    // Flags with the same kind of value stand in one line.
    private static void AppendValues(StringBuilder text, CompletedCommand command, bool lists)
    {
        IEnumerable<CompletedFlag> withValue = command.Flags.Where(flag => flag.Value is not null && (!lists || flag.IsList));
        IEnumerable<IGrouping<string, CompletedFlag>> groups = withValue.GroupBy(flag => Assignments(flag.Value!), StringComparer.Ordinal);
        foreach (IGrouping<string, CompletedFlag> group in groups)
        {
            string names = string.Join(" | ", group.SelectMany(flag => flag.Names).Select(name => $"'{command.Path}:{name}'"));
            text.Append($"    {names}) {group.Key} ;;\n");
        }
    }
}
