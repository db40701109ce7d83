// What the questions of the demo are about.

namespace GruLM.Cli.Demo;

/// <summary>What a question is about.</summary>
internal enum DemoQuestionKind
{
    /// <summary>A story that was just read.</summary>
    Story,

    /// <summary>What somebody has, told in the message that asks.</summary>
    Belongings,

    /// <summary>The name that was told earlier in the talk.</summary>
    Name,
}
