// The branches of a talk: each is a chat with a name, and goes its own way from where it was forked.

namespace GruLM.Cli.Commands;

/// <summary>Chats by their names, one of which goes on. They are disposed with this.</summary>
internal sealed class TalkBranches : IDisposable
{
    /// <summary>The name of the branch that a talk begins with.</summary>
    public const string First = "main";

    private readonly List<Branch> _branches;
    private Branch _current;

    public TalkBranches(ChatSession chat)
    {
        _current = new Branch(First, chat, []);
        _branches = [_current];
    }

    /// <summary>The chat that goes on.</summary>
    public ChatSession Chat => _current.Chat;

    /// <summary>What was said in it, as far as it can be taken back.</summary>
    public List<string> Said => _current.Said;

    /// <summary>Its name.</summary>
    public string Name => _current.Name;

    /// <summary>The names of all, in the order in which they were made.</summary>
    public IEnumerable<string> Names => _branches.Select(branch => branch.Name);

    /// <summary>Goes on in the branch of that name; where there is none it is made, a copy of this one, and the answer is true.</summary>
    public bool GoTo(string name)
    {
        Branch? there = _branches.Find(branch => branch.Name == name);
        bool isNew = there is null;
        if (there is null)
        {
            there = new Branch(name, Chat.Fork(), [.. Said]);
            _branches.Add(there);
        }

        // Settings are the talk's, not a branch's.
        if (there != _current) there.Chat.Options = Chat.Options;
        _current = there;
        return isNew;
    }

    /// <inheritdoc/>
    public void Dispose() => _branches.ForEach(branch => branch.Chat.Dispose());

    private sealed record Branch(string Name, ChatSession Chat, List<string> Said);
}
