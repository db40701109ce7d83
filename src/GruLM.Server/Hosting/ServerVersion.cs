// The version that the server tells.

using System.Reflection;

namespace GruLM.Server;

/// <summary>The version of this library.</summary>
internal static class ServerVersion
{
    /// <summary>The version as people write it, without the commit.</summary>
    public static string Text { get; } =
        typeof(ServerVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
        ?? "unknown";
}
