// What a run does with the folder that it was given.

namespace GruLM;

/// <summary>How a run uses its folder, and with that when it may write to it.</summary>
internal enum FolderUse
{
    /// <summary>Nothing is in the way: what is known is written at once, so that a run killed at any time can be resumed.</summary>
    Fresh,

    /// <summary>The run in it goes on.</summary>
    Resume,

    /// <summary>A model or run is in it that is to be replaced, and stays whole until the new run has a model of its own.</summary>
    Replace,

    /// <summary>Nothing is ever written.</summary>
    DryRun,
}
