// What every process but the failing one gets to know of a failure.

namespace GruLM.Model;

/// <summary>Another process of the group has failed, or cannot be reached. The message names it, where it runs and why.</summary>
/// <param name="message">The sentence.</param>
public sealed class RankFailedException(string message) : IOException(message);
