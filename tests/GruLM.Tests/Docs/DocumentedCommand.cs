// A command as it stands on a page: found in blocks marked sh and between ``, taken apart as far as a test must know it.

using System.Text;
using System.Text.RegularExpressions;

namespace GruLM.Tests.Docs;

internal sealed partial record DocumentedCommand(int Line, string Text, int ExitCode)
{
    private static readonly string[] s_outputs = ["-o", "--out", "--out-dir", "--html", "--state", "--save"];

    /// <summary>Whether a shell must run it: there is more in it than words.</summary>
    public bool NeedsShell => ShellSigns().IsMatch(Quoted().Replace(Text, "\"\""));

    /// <summary>The words behind the command's name, as a shell hands them over.</summary>
    public string[] Words => [.. Split(Text).Skip(1)];

    /// <summary>The files and folders that it says it writes.</summary>
    public IEnumerable<string> Written
    {
        get
        {
            string[] words = Split(Text);
            foreach ((string flag, string value) in words.Zip(words.Skip(1)).Where(_ => !words.Contains("--dry-run")))
            {
                if ((s_outputs.Contains(flag) || flag is ">") && value is not "-") yield return value;
                if (flag is "--model-prefix") yield return value + ".model";
            }
        }
    }

    /// <summary>The folder that it makes anew; what a test had laid there makes room for it.</summary>
    public string? MadeAnew =>
        MadeFolder().Match(Text) is { Success: true } match && !Words.Contains("--dry-run") ? match.Groups["folder"].Value : null;

    /// <summary>The folder whose run it goes on with.</summary>
    public string? Resumed => ResumedFolder().Match(Text) is { Success: true } match ? match.Groups["folder"].Value : null;

    public static IEnumerable<DocumentedCommand> Of(string page)
    {
        (string Text, int First) begun = ("", 0);
        foreach ((int number, string mark, string line) in Lines(page))
        {
            if (mark is "sh")
            {
                begun = (begun.Text + line.TrimEnd(), begun.Text.Length > 0 ? begun.First : number);
                if (begun.Text.EndsWith('\\'))
                {
                    begun.Text = begun.Text[..^1].TrimEnd() + " ";
                    continue;
                }

                if (Parse(begun.First, begun.Text) is { Text.Length: > 0 } command) yield return command;
                begun = ("", 0);
            }
            else if (mark.Length == 0)
            {
                foreach (string text in Span().Matches(line).Select(span => span.Groups["text"].Value.Replace("\\|", "|")))
                {
                    if (!Placeholder().IsMatch(Quoted().Replace(text, "\"\""))) yield return new DocumentedCommand(number, text, 0);
                }
            }
        }
    }

    /// <summary>The lines of a page, each with its number and the mark of the block that it stands in: empty outside of blocks, and text
    /// in a block without a mark.</summary>
    public static IEnumerable<(int Number, string Mark, string Line)> Lines(string page)
    {
        string mark = "";
        foreach ((int index, string line) in page.Split('\n').Index())
        {
            string trimmed = line.Trim();
            if (trimmed.StartsWith("```", StringComparison.Ordinal))
            {
                mark = mark.Length > 0 ? "" : trimmed.Length > 3 ? trimmed[3..] : "text";
            }
            else
            {
                yield return (index + 1, mark, line);
            }
        }
    }

    /// <summary>The one rule that makes long work short: a run and the demo make three steps, or three more than the run has made, in place
    /// of the epochs, steps or minutes that were asked for; a tokenizer alone has as many pieces as the short texts support.</summary>
    public string Shortened(int steps)
    {
        if (Run().IsMatch(Text)) return Run().Replace(Length().Replace(Text, ""), $"$0 --max-steps {steps}");
        return TokenizerTraining().Replace(Text, "${1}340");
    }

    private static DocumentedCommand Parse(int line, string text)
    {
        Match comment = Comment().Match(text);
        string command = comment.Success ? text[..comment.Groups["sign"].Index] : text;
        Match code = Code().Match(comment.Value);
        return new DocumentedCommand(line, Spaces().Replace(command, " ").Trim(), code.Success ? int.Parse(code.Groups["code"].Value) : 0);
    }

    private static string[] Split(string text)
    {
        List<string> words = [];
        foreach (Match word in Word().Matches(text))
        {
            words.Add(Quoted().Replace(word.Value, match => match.Value[0] == '"'
                ? new StringBuilder(match.Value[1..^1]).Replace("\\\"", "\"").Replace("\\\\", "\\").ToString()
                : match.Value[1..^1]));
        }

        return [.. words];
    }

    [GeneratedRegex("`(?<text>(\\./grulm |[a-z][^`]*\\| \\./grulm )[^`]*)`")]
    private static partial Regex Span();

    // FILE, DIR, N, …: to be filled in.
    [GeneratedRegex(@"…|(^|[\s=])[A-Z][A-Z.]*(?=\s|$)")]
    private static partial Regex Placeholder();

    [GeneratedRegex("\"(\\\\.|[^\"\\\\])*\"|'[^']*'")]
    private static partial Regex Quoted();

    [GeneratedRegex("(\"(\\\\.|[^\"\\\\])*\"|'[^']*'|[^\\s\"'])+")]
    private static partial Regex Word();

    [GeneratedRegex(@"[|<>;&$*`]|^(?!(\./)?grulm )")]
    private static partial Regex ShellSigns();

    [GeneratedRegex("^(\"(\\\\.|[^\"\\\\])*\"|'[^']*'|[^\"'#]|(?<=\\S)#)*(?<sign>(?<=^|\\s)#.*)$")]
    private static partial Regex Comment();

    [GeneratedRegex("exit code (?<code>[0-9]+)")]
    private static partial Regex Code();

    [GeneratedRegex("(?<=^[^\"']*) {2,}")]
    private static partial Regex Spaces();

    [GeneratedRegex("grulm (train|demo)(?= |$)")]
    private static partial Regex Run();

    [GeneratedRegex(" --(minutes|epochs|max-steps) [0-9.]+")]
    private static partial Regex Length();

    [GeneratedRegex("(grulm tokenizer train .*--vocab-size )[0-9]+")]
    private static partial Regex TokenizerTraining();

    [GeneratedRegex(@"grulm (train|import|demo) .*(--out-dir|-o) (?<folder>\S+)")]
    private static partial Regex MadeFolder();

    [GeneratedRegex(@"grulm train .*--resume (?<folder>\S+)")]
    private static partial Regex ResumedFolder();
}
