// The links of README.md and docs/ to files and headings of the checkout: what they name is there.

using System.Text.RegularExpressions;
using GruLM.Tests.Samples;

namespace GruLM.Tests.Docs;

public sealed partial class LinksTests
{
    public static TheoryData<string> Pages => [.. DocumentedCommandsTests.AllPages];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_on_a_page_lead_somewhere(string page)
    {
        string text = File.ReadAllText(Path.Combine(SampleProgram.Root, page));
        string[] broken = [.. Link().Matches(Code().Replace(text, "")).Select(link => link.Groups["target"].Value).Where(IsBroken)];
        Assert.True(broken.Length == 0, $"{page}: {string.Join(", ", broken)}");

        bool IsBroken(string target)
        {
            if (target.Contains("://", StringComparison.Ordinal)) return false;
            string[] parts = target.Split('#');
            string folder = Path.GetDirectoryName(Path.Combine(SampleProgram.Root, page))!;
            string file = parts[0].Length == 0 ? Path.Combine(SampleProgram.Root, page) : Path.GetFullPath(Path.Combine(folder, parts[0]));
            if (!File.Exists(file)) return parts.Length > 1 || !Directory.Exists(file);
            return parts.Length > 1 && !Anchors(File.ReadAllText(file)).Contains(parts[1]);
        }
    }

    [Fact]
    public void Anchors_are_those_of_GitHub() =>
        Assert.Equal(
            ["where-we-lose-and-what-not", "grulm-nothing-is-left-to-do", "why-the-demos-figure", "here"],
            Anchors("# Where we lose, and what not\n\n## `grulm`: nothing is left to do\n### Why the demo's figure\n<a id=\"here\">\n"));

    private static IEnumerable<string> Anchors(string page)
    {
        foreach (Match heading in Heading().Matches(page.ReplaceLineEndings("\n")))
        {
            yield return Punctuation().Replace(heading.Groups["text"].Value.ToLowerInvariant(), "").Replace(' ', '-');
        }

        foreach (Match named in Named().Matches(page)) yield return named.Groups["id"].Value;
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^```.*?^```|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex("^#+ (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N}\s_-]")]
    private static partial Regex Punctuation();

    [GeneratedRegex("<a id=\"(?<id>[^\"]+)\"")]
    private static partial Regex Named();
}
