// What grulm export can write: a name for --to, what help says of it, which flags it knows, and the writing.

namespace GruLM.Cli.Commands;

/// <summary>A target of <c>grulm export</c>.</summary>
internal interface IExportTarget
{
    /// <summary>The word for <c>--to</c>.</summary>
    string Name { get; }

    /// <summary>What help says of it.</summary>
    string Help { get; }

    /// <summary>Whether <c>--type</c> goes with it.</summary>
    bool HasType { get; }

    /// <summary>Whether <c>--with-code</c> goes with it.</summary>
    bool HasCode { get; }

    /// <summary>Writes it, and gives the names of the files that were written.</summary>
    IReadOnlyList<string> Write(ExportSettings settings, CancellationToken stop);
}
