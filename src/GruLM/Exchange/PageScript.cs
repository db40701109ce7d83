// The modules of Page/ as one script. A page that is opened from a disk cannot load modules from files, so each becomes a function that is
// called at once: its imports are the constants of those before it, and the list of its exports, its last line, is what it returns.

using System.Text;

namespace GruLM;

/// <summary>Puts the script of a page together. Thread-safe: it has no state.</summary>
internal static class PageScript
{
    private const string Folder = "page/", Import = "import { ", Export = "export { ";

    // Each behind those that it imports.
    private static readonly string[] s_modules =
    [
        "engine/numbers.js", "engine/kernel.js", "engine/engine.js", "engine/sampler.js", "engine/gates.js", "engine/gradient.js",
        "engine/neighbours.js",
        "text/pieces.js", "text/normalizer.js", "text/tokenizer.js", "text/writer.js", "text/features.js", "text/share.js",
        "text/source.js",
        "page/stage.js", "page/dom.js", "page/form.js", "page/tokens.js", "page/writing.js", "page/choices.js", "page/tabs.js",
        "page/sharing.js", "page/tour.js",
        "lab/picker.js", "lab/chart.js", "lab/chances.js", "lab/branches.js", "lab/picture.js", "lab/units.js", "lab/gateview.js",
        "lab/alike.js", "lab/why.js", "lab/training.js", "lab/compare.js",
        "page/page.js",
    ];

    /// <summary>All modules in one script.</summary>
    public static string Join()
    {
        var script = new StringBuilder("\"use strict\";\n");
        foreach (string module in s_modules) Add(script, module);
        return script.ToString();
    }

    /// <summary>All style sheets in one.</summary>
    public static string Style() => Resource("style/page.css") + Resource("style/lab.css");

    /// <summary>A text of Page/.</summary>
    public static string Resource(string name) => Encoding.UTF8.GetString(Bytes(name));

    /// <summary>A file of Page/.</summary>
    public static byte[] Bytes(string name)
    {
        using Stream stream = typeof(PageScript).Assembly.GetManifestResourceStream(Folder + name)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static void Add(StringBuilder script, string module)
    {
        var body = new StringBuilder();
        string exports = "";
        foreach (string line in Resource(module).TrimEnd().Split('\n'))
        {
            if (line.StartsWith(Import, StringComparison.Ordinal)) continue;
            if (line.StartsWith(Export, StringComparison.Ordinal)) exports = line["export ".Length..].TrimEnd(';');
            else body.Append(line).Append('\n');
        }

        script.Append($"\n// ==== {module} ====\nconst {exports} = (() => {{\n").Append(body.ToString().Trim('\n'));
        script.Append($"\nreturn {exports};\n}})();\n");
    }
}
