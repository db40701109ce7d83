// The rules of style that .editorconfig cannot say, each a function from a file's path and text to the faults in it: "path:line: what".
// StyleTests.cs applies them to the checkout. C# is read with Roslyn's parser. What dotnet format checks is left to it.
using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace GruLM.Tests;

internal static partial class StyleRules
{
    public const int LongestLine = 140;
    public const int MostFilesInFolder = 12;

    // Several rules look at each text.
    private static readonly ConcurrentDictionary<string, SyntaxNode> s_parsed = new();

    /// <summary>What each project of src refers to: the arrows of ARCHITECTURE.md. A new project needs a row here and one there.</summary>
    public static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["GruLM.Kernels"] = [],
        ["GruLM.Formats"] = [],
        ["GruLM.Tokenization"] = [],
        ["GruLM.Model"] = ["GruLM.Kernels", "GruLM.Formats"],
        ["GruLM.Training"] = ["GruLM.Model", "GruLM.Kernels", "GruLM.Formats"],
        ["GruLM.Generation"] = ["GruLM.Model", "GruLM.Kernels"],
        ["GruLM.Cuda"] = ["GruLM.Model", "GruLM.Generation", "GruLM.Kernels"],
        ["GruLM.Distributed"] = ["GruLM.Training", "GruLM.Model", "GruLM.Kernels"],
        ["GruLM"] =
        [
            "GruLM.Tokenization", "GruLM.Training", "GruLM.Distributed", "GruLM.Cuda", "GruLM.Generation", "GruLM.Model", "GruLM.Kernels",
            "GruLM.Formats",
        ],
        ["GruLM.Parquet"] = ["GruLM"],
        ["GruLM.Server"] = ["GruLM", "GruLM.Generation", "GruLM.Model", "GruLM.Tokenization", "GruLM.Formats"],
        ["GruLM.Cli"] =
        [
            "GruLM", "GruLM.Server", "GruLM.Parquet", "GruLM.Tokenization", "GruLM.Training", "GruLM.Generation", "GruLM.Cuda",
            "GruLM.Distributed", "GruLM.Model", "GruLM.Kernels", "GruLM.Formats",
        ],
    };

    private static readonly string[] s_namesThatSayNothing =
        ["Utils", "Util", "Utilities", "Helpers", "Helper", "Manager", "Managers", "Common", "Misc", "Base"];

    public static IEnumerable<string> LongLines(string path, string text) =>
        Lines(text).Index()
            .Select(line => (Number: line.Index + 1, Length: line.Item.EnumerateRunes().Count()))
            .Where(line => line.Length > LongestLine)
            .Select(line => $"{path}:{line.Number}: {line.Length} characters, and {LongestLine} is the limit");

    /// <summary>A file begins without a byte order mark, has line ends of one kind and, but in Markdown, where it
    /// means something, no space before them, and ends with one.</summary>
    public static IEnumerable<string> WrongEnds(string path, string text)
    {
        if (text.StartsWith('\uFEFF')) yield return $"{path} begins with a byte order mark";
        string end = path.EndsWith(".cmd", StringComparison.Ordinal) ? "\r\n" : "\n";
        if (!text.EndsWith(end, StringComparison.Ordinal) || text.EndsWith(end + end, StringComparison.Ordinal))
        {
            yield return $"{path} does not end with the end of its last line";
        }

        foreach ((int index, string line) in text.Split(end).Index())
        {
            if (line.Contains('\r') || line.Contains('\n')) yield return $"{path}:{index + 1}: another line end than the file's";
            bool isBreak = path.EndsWith(".md", StringComparison.Ordinal);
            if (!isBreak && line != line.TrimEnd(' ', '\t')) yield return $"{path}:{index + 1}: white space at the end";
        }
    }

    /// <summary>A body below its if, else, for, while and so on has braces. Several using or fixed in a row need one pair.</summary>
    public static IEnumerable<string> BodiesWithoutBraces(string path, string text)
    {
        foreach (SyntaxNode node in Parse(text).DescendantNodes())
        {
            StatementSyntax? body = node switch
            {
                IfStatementSyntax statement => statement.Statement,
                ElseClauseSyntax clause => clause.Statement,
                ForStatementSyntax statement => statement.Statement,
                CommonForEachStatementSyntax statement => statement.Statement,
                WhileStatementSyntax statement => statement.Statement,
                DoStatementSyntax statement => statement.Statement,
                UsingStatementSyntax { Statement: not UsingStatementSyntax } statement => statement.Statement,
                FixedStatementSyntax { Statement: not FixedStatementSyntax } statement => statement.Statement,
                LockStatementSyntax statement => statement.Statement,
                _ => null,
            };
            if (body is null or BlockSyntax) continue;
            SyntaxToken first = body.GetFirstToken();
            if (FirstLine(first) > LastLine(first.GetPreviousToken()))
            {
                yield return $"{path}:{FirstLine(first)}: a body on a line of its own needs braces";
            }
        }
    }

    public static IEnumerable<string> SeveralStatementsOnALine(string path, string text)
    {
        foreach (SyntaxNode node in Parse(text).DescendantNodesAndSelf())
        {
            StatementSyntax[] statements = node switch
            {
                BlockSyntax block => [.. block.Statements],
                SwitchSectionSyntax section => [.. section.Statements],
                CompilationUnitSyntax unit => [.. unit.Members.OfType<GlobalStatementSyntax>().Select(member => member.Statement)],
                _ => [],
            };
            foreach ((StatementSyntax before, StatementSyntax after) in statements.Zip(statements.Skip(1)))
            {
                int line = FirstLine(after.GetFirstToken());
                if (line == LastLine(before.GetLastToken())) yield return $"{path}:{line}: a second statement on one line";
            }
        }
    }

    public static IEnumerable<string> FullFolders(IEnumerable<string> paths) =>
        paths.CountBy(path => path[..path.LastIndexOf('/')])
            .Where(folder => folder.Value > MostFilesInFolder)
            .Select(folder => $"{folder.Key}: {folder.Value} files, and {MostFilesInFolder} are the limit: sort them into folders");

    public static IEnumerable<string> MissingHead(string path, string text)
    {
        if (!text.TrimStart('\uFEFF').StartsWith("//", StringComparison.Ordinal))
        {
            yield return $"{path}:1: a file begins with a comment that says what it is";
        }
    }

    /// <summary>A file holds one public type and has its name; a partial type's file may have a suffix: RegisterTile.Eight.cs.</summary>
    public static IEnumerable<string> PublicTypes(string path, string text)
    {
        string[] name = path[(path.LastIndexOf('/') + 1)..].Split('.');
        MemberDeclarationSyntax[] types =
        [
            .. TypesOf(text).Where(type => type.Parent is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax
                && type.Modifiers.Any(SyntaxKind.PublicKeyword)),
        ];
        foreach (MemberDeclarationSyntax second in types.Skip(1))
        {
            yield return $"{path}:{FirstLine(Name(second))}: {Name(second)} is a second public type";
        }

        foreach (MemberDeclarationSyntax type in types.Take(1))
        {
            bool suffixed = name.Length > 2;
            if (Name(type).Text != name[0] || (suffixed && !type.Modifiers.Any(SyntaxKind.PartialKeyword)))
            {
                yield return $"{path}:{FirstLine(Name(type))}: {Name(type)} belongs in a file of its name";
            }
        }
    }

    /// <summary>Names of types, files and folders that say nothing, alone or at the end of another name.</summary>
    public static IEnumerable<string> EmptyNames(string path, string text)
    {
        foreach (string part in path.Split('/').Select(part => part.Split('.')[0]).Where(SaysNothing))
        {
            yield return $"{path}:1: {part} is a name that says nothing";
        }

        foreach (SyntaxToken name in TypesOf(text).Select(Name).Where(name => SaysNothing(name.Text)))
        {
            yield return $"{path}:{FirstLine(name)}: {name} is a name that says nothing";
        }
    }

    public static IEnumerable<string> TooManyWords(string path, string text, int limit)
    {
        int words = 0;
        foreach ((int index, string line) in Lines(text).Index())
        {
            int before = words;
            words += line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
            if (before <= limit && words > limit)
            {
                yield return $"{path}:{index + 1}: here word {limit + 1} stands, and {limit} are the limit";
            }
        }
    }

    public static IEnumerable<string> TooManyLines(string path, string text, int limit)
    {
        int lines = Lines(text.TrimEnd('\n')).Length;
        if (lines > limit) yield return $"{path}:{limit + 1}: the first of {lines - limit} lines too many";
    }

    /// <summary>What a project file of src refers to beside or instead of the arrows.</summary>
    public static IEnumerable<string> WrongReferences(string path, string text)
    {
        string project = NameOf(path);
        if (!Arrows.TryGetValue(project, out string[]? allowed))
        {
            yield return $"{path}:1: {project} has no arrows in ARCHITECTURE.md";
            yield break;
        }

        var references = XDocument.Parse(text, LoadOptions.SetLineInfo).Descendants("ProjectReference")
            .Select(element => (Name: NameOf(element.Attribute("Include")!.Value), Line: ((IXmlLineInfo)element).LineNumber)).ToList();
        foreach ((string name, int line) in references.Where(reference => !allowed.Contains(reference.Name)))
        {
            yield return $"{path}:{line}: there is no arrow {project} -> {name} in ARCHITECTURE.md";
        }

        foreach (string missing in allowed.Except(references.Select(reference => reference.Name)))
        {
            yield return $"{path}:1: the arrow {project} -> {missing} of ARCHITECTURE.md is not drawn";
        }

        static string NameOf(string file) => Path.GetFileNameWithoutExtension(file.Replace('\\', '/'));
    }

    /// <summary>Flags of the command in text that a program shows: the libraries name properties, and the command turns them into flags.
    /// Comments may name them.</summary>
    public static IEnumerable<string> FlagsInText(string path, string text)
    {
        foreach (SyntaxToken token in Parse(text).DescendantTokens())
        {
            bool isText = token.Kind() is SyntaxKind.StringLiteralToken or SyntaxKind.SingleLineRawStringLiteralToken
                or SyntaxKind.MultiLineRawStringLiteralToken or SyntaxKind.Utf8StringLiteralToken
                or SyntaxKind.Utf8SingleLineRawStringLiteralToken or SyntaxKind.Utf8MultiLineRawStringLiteralToken
                or SyntaxKind.InterpolatedStringTextToken;
            if (!isText) continue;
            foreach (Match flag in Flag().Matches(token.ValueText))
            {
                yield return $"{path}:{FirstLine(token)}: {flag.Groups["flag"]} is the command's; the libraries name the property";
            }
        }
    }

    [GeneratedRegex(@"(^|[\s""'(])(?<flag>--[a-z][a-z0-9-]*)")]
    private static partial Regex Flag();

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").Split('\n');

    private static SyntaxNode Parse(string text) => s_parsed.GetOrAdd(
        text, static code => CSharpSyntaxTree.ParseText(code, new CSharpParseOptions(LanguageVersion.Preview)).GetRoot());

    private static IEnumerable<MemberDeclarationSyntax> TypesOf(string text) =>
        Parse(text).DescendantNodes().OfType<MemberDeclarationSyntax>()
            .Where(member => member is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax);

    private static SyntaxToken Name(MemberDeclarationSyntax type) =>
        type is DelegateDeclarationSyntax delegated ? delegated.Identifier : ((BaseTypeDeclarationSyntax)type).Identifier;

    private static bool SaysNothing(string name) =>
        s_namesThatSayNothing.Any(word => name.EndsWith(word, StringComparison.Ordinal));

    private static int FirstLine(SyntaxToken token) => token.GetLocation().GetLineSpan().StartLinePosition.Line + 1;

    private static int LastLine(SyntaxToken token) => token.GetLocation().GetLineSpan().EndLinePosition.Line + 1;
}
