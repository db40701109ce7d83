// For runs of which only the result is looked at.

namespace GruLM.Tests;

/// <summary>Looks at nothing; a notice fails the test.</summary>
internal sealed class SilentObserver : IRunObserver
{
    public void OnNotice(string notice) => Assert.Fail(notice);

    public void OnNotice(long step, string message) => Assert.Fail(message);
}
