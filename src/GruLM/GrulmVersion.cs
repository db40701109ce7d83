// The version of the library, as it stands in run.json and on the report page.

using System.Reflection;

namespace GruLM;

/// <summary>The version of GruLM. Safe for several threads.</summary>
public static class GrulmVersion
{
    /// <summary>The version without what source control adds to it.</summary>
    public static string Text { get; } =
        typeof(GrulmVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
        ?? "unknown";
}
