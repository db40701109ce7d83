// The drawings of the documentation are whole: each SVG file parses as XML, and says in words what it shows.

using System.Xml.Linq;
using GruLM.Tests.Samples;

namespace GruLM.Tests.Docs;

public sealed class PicturesTests
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    public static TheoryData<string> Pictures =>
    [
        .. ((string[])["docs", "benchmarks"]).Select(folder => Path.Combine(SampleProgram.Root, folder))
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.svg", SearchOption.AllDirectories))
            .Select(path => Path.GetRelativePath(SampleProgram.Root, path)),
    ];

    [Theory]
    [MemberData(nameof(Pictures))]
    public void A_picture_is_a_whole_drawing_with_a_name(string path)
    {
        XElement root = XDocument.Load(Path.Combine(SampleProgram.Root, path)).Root!;
        Assert.Equal(s_svg + "svg", root.Name);
        Assert.NotNull(root.Attribute("viewBox"));
        Assert.True(root.Attribute("aria-label") is not null || root.Element(s_svg + "title") is not null, $"{path} has no name");
    }
}
