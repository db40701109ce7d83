// The code in README.md and docs/, as a reader would copy it: with the usings that stand on the page, every type is found. And the lists of
// names in docs/library.md are complete. That the code is compiled whole and works, ReadmeTests sees to.

using System.Globalization;
using System.Text.RegularExpressions;
using GruLM.Tests.Samples;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace GruLM.Tests.Docs;

public sealed partial class DocumentedCodeTests
{
    // What a new project has without a line.
    private const string Implicit = """
        using System;
        using System.Collections.Generic;
        using System.IO;
        using System.Linq;
        using System.Net.Http;
        using System.Threading;
        using System.Threading.Tasks;

        """;

    // What a server needs is not here; the block is a sample's whole program, which is compiled.
    private const string OfServers = "using Microsoft.AspNetCore.";

    private static readonly Lazy<MetadataReference[]> s_references = new(() =>
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ]);

    public static TheoryData<string> Pages => [.. DocumentedCommandsTests.AllPages.Where(page => Blocks(page).Length > 0)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Types_are_found_with_the_usings_on_the_page(string page)
    {
        string[] blocks = Blocks(page);

        // Blocks of usings alone, and of types that the other blocks use.
        string[] others = [.. blocks.Where(block => !HasStatements(block))];
        string usings = string.Concat(others.SelectMany(block => Using().Matches(block)));
        string declared = string.Concat(others.Select(block => Using().Replace(block, "")));
        foreach (string block in blocks.Where(block => HasStatements(block) && !block.Contains(OfServers, StringComparison.Ordinal)))
        {
            string program = Implicit + usings + block + declared;
            string? missing = Missing(program);
            Assert.True(missing is null, $"{page}: {missing} in\n{block}");
        }
    }

    [Theory]
    [InlineData("Guid id = default;", null)]
    [InlineData("string s = text.Trim();", null)]
    [InlineData("StringBuilder s = new();", "StringBuilder")]
    [InlineData("string s = Encoding.UTF8.GetString([]);", "Encoding")]
    [InlineData("foreach (var s in new List<Rune>()) Console.Write(s);", "Rune")]
    public void Missing_names_are_seen(string block, string? missing)
    {
        string? found = Missing(Implicit + block);
        Assert.Equal(missing is null, found is null);
        Assert.Contains(missing ?? "", found ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_of_names_are_complete()
    {
        string page = File.ReadAllText(Path.Combine(SampleProgram.Root, "docs", "library.md"));
        IEnumerable<string> recipes = typeof(Recipes).GetProperties().Where(p => p.PropertyType == typeof(Recipe)).Select(p => p.Name);
        Assert.Equal(Recipes.All.Count, recipes.Count());
        Assert.All(recipes, name => Assert.Matches($"`(Recipes\\.)?{name}`", page));
        IEnumerable<string> mayChange = SettingsTable.All.Where(setting => setting.MayChange).Select(setting => setting.Property);
        string sentence = page[page.IndexOf("`Setting.MayChange`", StringComparison.Ordinal)..];
        Assert.All(mayChange, name => Assert.Contains($"`{name}`", sentence[..sentence.IndexOf('.', 20)], StringComparison.Ordinal));
    }

    // The first name that a program uses and that no using brings: a type, or what looks like one. Variables that the page speaks of are
    // not declared here, and what is done with them is not looked at.
    private static string? Missing(string program)
    {
        SyntaxTree tree = CSharpSyntaxTree.ParseText(program, cancellationToken: TestContext.Current.CancellationToken);
        var options = new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable);
        var compilation = CSharpCompilation.Create("block", [tree], s_references.Value, options);
        return compilation.GetDiagnostics(TestContext.Current.CancellationToken)
            .Where(problem => problem.Id is "CS0104" or "CS0246" or "CS0234" or "CS1061" || (problem.Id == "CS0103" && IsAType(problem)))
            .Select(problem => problem.GetMessage(CultureInfo.InvariantCulture)).FirstOrDefault();
    }

    private static bool IsAType(Diagnostic problem) =>
        char.IsUpper(problem.Location.SourceTree!.ToString()[problem.Location.SourceSpan.Start]);

    private static string[] Blocks(string page)
    {
        string text = File.ReadAllText(Path.Combine(SampleProgram.Root, page)).ReplaceLineEndings("\n");
        return [.. Block().Matches(text).Select(match => match.Groups[1].Value)];
    }

    private static bool HasStatements(string block) =>
        CSharpSyntaxTree.ParseText(block).GetCompilationUnitRoot().Members.Any(member => member.IsKind(SyntaxKind.GlobalStatement));

    [GeneratedRegex("^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("^using [A-Za-z.]+;\n", RegexOptions.Multiline)]
    private static partial Regex Using();
}
