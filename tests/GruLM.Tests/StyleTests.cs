// The style of the checkout that these tests lie in, as far as .editorconfig cannot say it, and proof that each rule finds what it forbids.
// The rules are in StyleRules.cs. Fixtures are left out: they are as their makers wrote them.
using System.Text;

namespace GruLM.Tests;

public class StyleTests
{
    // What people write lies in these folders and beside them; what is built or downloaded does not.
    private static readonly string[] s_folders = ["src", "tests", "tools", "samples", "docs", "benchmarks", ".ci", ".github"];
    private static readonly string[] s_leftOut = ["bin", "obj", "Fixtures", "TestResults", "BenchmarkDotNet.Artifacts"];
    private static readonly string s_root = Root();
    private static readonly string[] s_files = [.. Files().Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Code => s_files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal));

    private static IEnumerable<string> Source => Code.Where(file => file.StartsWith("src/", StringComparison.Ordinal));

    [Fact]
    public void No_line_is_longer_than_140_characters() => AssertNothing(s_files.Where(IsText), StyleRules.LongLines);

    [Fact]
    public void Lines_and_files_end_as_they_should() => AssertNothing(s_files.Where(IsText), StyleRules.WrongEnds);

    [Fact]
    public void A_body_on_a_line_of_its_own_has_braces() => AssertNothing(Code, StyleRules.BodiesWithoutBraces);

    [Fact]
    public void A_line_holds_one_statement() => AssertNothing(Code, StyleRules.SeveralStatementsOnALine);

    [Fact]
    public void A_folder_holds_a_dozen_files_at_most() =>
        Assert.Empty(StyleRules.FullFolders(Code.Where(file => file.Split('/')[0] is "src" or "tests")));

    [Fact]
    public void A_source_file_begins_with_a_comment() => AssertNothing(Source, StyleRules.MissingHead);

    [Fact]
    public void A_source_file_has_one_public_type_and_its_name() => AssertNothing(Source, StyleRules.PublicTypes);

    [Fact]
    public void No_name_says_nothing() => AssertNothing(Code, StyleRules.EmptyNames);

    [Fact]
    public void No_library_speaks_of_flags() =>
        AssertNothing(Source.Where(file => !file.StartsWith("src/GruLM.Cli/", StringComparison.Ordinal)), StyleRules.FlagsInText);

    [Fact]
    public void The_readme_is_short() => AssertNothing(["README.md"], (path, text) => StyleRules.TooManyWords(path, text, 900));

    [Fact]
    public void The_page_of_figures_is_short() => AssertNothing(["SPEED.md"], (path, text) => StyleRules.TooManyLines(path, text, 80));

    [Fact]
    public void Projects_refer_to_each_other_as_the_architecture_says()
    {
        string[] projects = [.. s_files.Where(file => file.Split('/')[0] == "src" && Path.GetExtension(file) == ".csproj")];
        AssertNothing(projects, StyleRules.WrongReferences);
        Assert.Equal(StyleRules.Arrows.Keys.Order(), projects.Select(file => Path.GetFileNameWithoutExtension(file)).Order());
    }

    [Theory]
    [InlineData(140, 0)]
    [InlineData(141, 1)]
    public void Long_lines_are_found(int length, int expected) =>
        Assert.Equal(
            Enumerable.Repeat("a.md:2: 141 characters, and 140 is the limit", expected),
            StyleRules.LongLines("a.md", "short\r\n" + string.Concat(Enumerable.Repeat("🙂", length)) + "\nshort"));

    [Theory]
    [InlineData("a.cs", "a\nb\n", 0)]
    [InlineData("a.cmd", "a\r\nb\r\n", 0)]
    [InlineData("a.cs", "\uFEFFa\n", 1)]
    [InlineData("a.cs", "a", 1)]
    [InlineData("a.cs", "a\n\n", 1)]
    [InlineData("a.cs", "a\r\nb\n", 1)]
    [InlineData("a.cs", "a \nb\t\n", 2)]
    [InlineData("a.cmd", "a\nb\r\n", 1)]
    public void Wrong_ends_are_found(string path, string text, int expected) =>
        Assert.Equal(expected, StyleRules.WrongEnds(path, text).Count());

    [Theory]
    [InlineData("if (a) return;")]
    [InlineData("if (a)\n{\n    b();\n}\nelse if (c)\n{\n}")]
    [InlineData("fixed (int* p = x)\nfixed (int* q = y)\n{\n}")]
    [InlineData("foreach (int i in a) b(i);")]
    [InlineData("if (a\n    && b) return;")]
    [InlineData("if (a)\n    return;", 2)]
    [InlineData("if (a) b();\nelse\n    c();", 3)]
    [InlineData("for (;;)\n    b();", 2)]
    [InlineData("foreach (int i in a)\n    b(i);", 2)]
    [InlineData("foreach (var (i, j) in a)\n    b(i);", 2)]
    [InlineData("while (a\n    && b)\n    c();", 3)]
    [InlineData("do\n    b();\nwhile (a);", 2)]
    [InlineData("using (a)\nusing (b)\n    c();", 3)]
    [InlineData("fixed (int* p = x)\n    b();", 2)]
    [InlineData("lock (a)\n    b();", 2)]
    [InlineData("var f = () =>\n{\n    if (a)\n        b();\n};", 4)]
    public void Bodies_without_braces_are_found(string text, params int[] lines) =>
        Assert.Equal(
            lines.Select(line => $"a.cs:{line}: a body on a line of its own needs braces"),
            StyleRules.BodiesWithoutBraces("a.cs", text));

    [Theory]
    [InlineData("a();\nb(); // c(); d();")]
    [InlineData("for (int i = 0; i < 2; i++) a(\"; b();\");")]
    [InlineData("void F()\n{\n    if (a) return;\n}")]
    [InlineData("a(); b();", 1)]
    [InlineData("void F() { a(); b(); }", 1)]
    [InlineData("if (a) return; b();", 1)]
    [InlineData("if (a)\n{\n} b();", 3)]
    [InlineData("switch (a)\n{\n    case 1:\n        b(); break;\n}", 4)]
    public void Second_statements_on_a_line_are_found(string text, params int[] lines) =>
        Assert.Equal(
            lines.Select(line => $"a.cs:{line}: a second statement on one line"),
            StyleRules.SeveralStatementsOnALine("a.cs", text));

    [Theory]
    [InlineData("// give --epochs\n/// <c>--epochs</c>\n/* --epochs */ class A { }")]
    [InlineData("a(\"well--known\", \"-- b\", $\"{x}, c--d\", \"i--\");")]
    [InlineData("string --a;\ni = i --b;")]
    [InlineData("a(\"--epochs\");", 1)]
    [InlineData("a(\n    \"give more\"\n    + \" --epochs\");", 3)]
    [InlineData("a(\"give '--epochs' or (--minutes)\");", 1, 1)]
    [InlineData("a(\n    $\"{x} --epochs\");", 2)]
    [InlineData("a(\"\"\"\n    give\n    --epochs\n    \"\"\");", 1)]
    [InlineData("a(\"say \\\"--epochs\\\"\"u8, \"\\n--epochs\");", 1, 1)]
    public void Flags_in_text_are_found(string text, params int[] lines)
    {
        string[] found = [.. StyleRules.FlagsInText("a.cs", text)];
        Assert.Equal(lines.Length, found.Length);
        Assert.All(lines.Zip(found), pair => Assert.StartsWith($"a.cs:{pair.First}: --", pair.Second, StringComparison.Ordinal));
    }

    [Fact]
    public void Full_folders_are_found()
    {
        IEnumerable<string> Files(int count) => Enumerable.Range(0, count).Select(i => $"src/A/{i}.cs").Append("src/A/B/x.cs");
        Assert.Empty(StyleRules.FullFolders(Files(12)));
        Assert.Equal(["src/A: 13 files, and 12 are the limit: sort them into folders"], StyleRules.FullFolders(Files(13)));
    }

    [Theory]
    [InlineData("// What it is.\nnamespace A;", true)]
    [InlineData("\uFEFF// What it is.\nnamespace A;", true)]
    [InlineData("namespace A; // What it is.", false)]
    [InlineData("\n// What it is.", false)]
    public void Missing_heads_are_found(string text, bool good) => Assert.Equal(good, !StyleRules.MissingHead("a.cs", text).Any());

    [Theory]
    [InlineData("src/Tile.cs", "public struct Tile { public struct Inner; }\ninternal class Other;")]
    [InlineData("src/Tile.Eight.cs", "public partial class Tile<T>;")]
    [InlineData("src/Tiles.cs", "internal class Tile;")]
    [InlineData("src/Tile.cs", "namespace A\n{\n    public delegate void Tile();\n}")]
    [InlineData("src/Tiles.cs", "namespace A;\npublic class Tile;", "src/Tiles.cs:2: Tile belongs in a file of its name")]
    [InlineData("src/Tile.Eight.cs", "public class Tile;", "src/Tile.Eight.cs:1: Tile belongs in a file of its name")]
    [InlineData("src/Tile.cs", "public class Tile;\n\npublic enum Kind;", "src/Tile.cs:3: Kind is a second public type")]
    public void Public_types_in_the_wrong_file_are_found(string path, string text, params string[] expected) =>
        Assert.Equal(expected, StyleRules.PublicTypes(path, text));

    [Theory]
    [InlineData("src/Tile.cs", "class Tile;")]
    [InlineData("src/Tile.cs", "class Tile\n{\n    class TileManager;\n}", "src/Tile.cs:3: TileManager is a name that says nothing")]
    [InlineData("src/Tile.cs", "interface Utils;", "src/Tile.cs:1: Utils is a name that says nothing")]
    [InlineData("src/TileHelpers.cs", "", "src/TileHelpers.cs:1: TileHelpers is a name that says nothing")]
    [InlineData("src/Common/Tile.cs", "", "src/Common/Tile.cs:1: Common is a name that says nothing")]
    public void Names_that_say_nothing_are_found(string path, string text, params string[] expected) =>
        Assert.Equal(expected, StyleRules.EmptyNames(path, text));

    [Theory]
    [InlineData("one two\n\tthree four", 4)]
    [InlineData("one two\n\tthree four", 3, "a.md:2: here word 4 stands, and 3 are the limit")]
    [InlineData("one two three\nfour five\nsix", 3, "a.md:2: here word 4 stands, and 3 are the limit")]
    public void Too_many_words_are_found(string text, int limit, params string[] expected) =>
        Assert.Equal(expected, StyleRules.TooManyWords("a.md", text, limit));

    [Theory]
    [InlineData("1\n2\n", 2)]
    [InlineData("1\n2\n3\n", 2, "a.md:3: the first of 1 lines too many")]
    public void Too_many_lines_are_found(string text, int limit, params string[] expected) =>
        Assert.Equal(expected, StyleRules.TooManyLines("a.md", text, limit));

    [Theory]
    [InlineData("GruLM.Generation", "Model Kernels")]
    [InlineData("GruLM.Generation", "Model", ":1: the arrow GruLM.Generation -> GruLM.Kernels of ARCHITECTURE.md is not drawn")]
    [InlineData("GruLM.Kernels", "Formats", ":3: there is no arrow GruLM.Kernels -> GruLM.Formats in ARCHITECTURE.md")]
    [InlineData("GruLM.Oven", "", ":1: GruLM.Oven has no arrows in ARCHITECTURE.md")]
    public void Wrong_references_are_found(string project, string references, params string[] expected)
    {
        string path = $"src/{project}/{project}.csproj";
        string items = string.Concat(references.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(name => $"<ProjectReference Include=\"..\\GruLM.{name}\\GruLM.{name}.csproj\" />\n"));
        Assert.Equal(
            expected.Select(message => path + message),
            StyleRules.WrongReferences(path, $"<Project>\n<ItemGroup>\n{items}</ItemGroup>\n</Project>"));
    }

    private static bool IsText(string file) =>
        Path.GetExtension(file) is ".cs" or ".md" or ".props" or ".csproj" or ".sh" or ".py" or ".js" or ".mjs" or ".css" or ".html"
            or ".yml" or ".cmd" or ".c" or ".h" or ".targets"
        || file is ".ci/run" or ".editorconfig";

    private static void AssertNothing(IEnumerable<string> files, Func<string, string, IEnumerable<string>> rule)
    {
        Assert.NotEmpty(files);
        string[] found = [.. files.SelectMany(file => rule(file, Text(file)))];
        Assert.True(found.Length == 0, string.Join('\n', found));
    }

    // As it stands in the file, a byte order mark included.
    private static string Text(string file) => Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(s_root, file)));

    private static IEnumerable<string> Files() =>
        s_folders.Select(folder => Path.Combine(s_root, folder)).Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            // Pages there are what somebody has let grulm write.
            .Concat(Directory.EnumerateFiles(s_root).Where(path => Path.GetExtension(path) != ".html"))
            .Select(file => Path.GetRelativePath(s_root, file).Replace('\\', '/'))
            .Where(file => !file.Split('/').Intersect(s_leftOut).Any());

    internal static string Root()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "GruLM.slnx"))) return folder;
        }

        throw new InvalidOperationException($"no folder above {AppContext.BaseDirectory} holds GruLM.slnx");
    }
}
