// The word that this program is called by, for lines that propose another command: what the shell was told, so that a copied line works
// where grulm is not on the PATH. Who starts it through a script can have that script say so: the launcher at the repository's root does.
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace GruLM.Cli;

/// <summary>How the program is called.</summary>
internal static partial class ProgramName
{
    /// <summary>The environment variable that says it.</summary>
    public const string Variable = "GRULM_COMMAND";

    private const string Usual = "grulm";

    // The words of this process as the system has them; .NET's own leave out by which name the program was called.
    private const string OwnWords = "/proc/self/cmdline";

    private static readonly Lazy<string> s_called = new(() => OfWords(Words()));

    /// <summary>What the variable says, else the name that this process was started by.</summary>
    public static string Text => Of(Environment.GetEnvironmentVariable(Variable));

    /// <summary>What the program is called when the variable has this value.</summary>
    public static string Of(string? told) => string.IsNullOrWhiteSpace(told) ? s_called.Value : told;

    /// <summary>What a program is called that was started with these words, the program first. Of one that a runtime is handed both are
    /// named.</summary>
    public static string OfWords(IReadOnlyList<string> words)
    {
        if (words.Count == 0 || words[0].Length == 0) return Usual;
        string program = ShellWord.Of(words[0]);
        if (Path.GetFileNameWithoutExtension(words[0]) != "dotnet") return program;
        string? assembly = words.Skip(1).FirstOrDefault();
        return assembly?.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) == true ? $"{program} {ShellWord.Of(assembly)}" : Usual;
    }

    /// <summary>A text with the commands in it called as this program is.</summary>
    public static string In(string text) => Text == Usual ? text : Command().Replace(text, _ => Text);

    // None where the program is a part of another one.
    private static string[] Words()
    {
        if (Assembly.GetEntryAssembly() != typeof(ProgramName).Assembly) return [];
        try
        {
            if (File.Exists(OwnWords)) return Encoding.UTF8.GetString(File.ReadAllBytes(OwnWords)).Split('\0');
        }
        catch (IOException)
        {
            // The name of the file will do.
        }

        return Environment.ProcessPath is { } path ? [path, .. Environment.GetCommandLineArgs()] : [];
    }

    [GeneratedRegex(@"(?<![\w./-])grulm(?= [a-z-])")]
    private static partial Regex Command();
}
