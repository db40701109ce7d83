// What grulm show was told.

namespace GruLM.Cli.Runs;

/// <summary>What <c>grulm show</c> was told.</summary>
/// <param name="Folder">The folder of the model.</param>
/// <param name="Other">The folder of another one to show beside it; null for none.</param>
/// <param name="Json">Whether to write JSON instead of lines.</param>
/// <param name="Html">The file to write a page to; null for none.</param>
/// <param name="Overwrite">Whether that file may be replaced.</param>
internal sealed record ShowSettings(string Folder, string? Other, bool Json, string? Html, bool Overwrite);
