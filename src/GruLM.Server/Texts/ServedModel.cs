// A model under the name by which requests ask for it.

using GruLM.Generation;

namespace GruLM.Server;

/// <summary>A served model. Safe for several threads.</summary>
internal sealed class ServedModel
{
    // Constraints that are kept: a program asks for one and the same again and again, and the first text under one costs the most.
    private const int MostConstraints = 64;

    private readonly Lock _gate = new();
    private readonly LinkedList<(string Kind, TextConstraint Constraint)> _constraints = [];

    /// <summary>Serves <paramref name="model"/>, which stays the caller's.</summary>
    public ServedModel(string name, LanguageModel model, ServerOptions options)
    {
        (Name, Model) = (name, model);
        (Prefixes, Responses) = (new PrefixStates(options.PrefixBytes), new KeptMoments(options.KeptResponses));
        string file = Path.Combine(model.Folder, "config.json");
        Made = model.Folder.Length > 0 && File.Exists(file) ? new DateTimeOffset(File.GetLastWriteTimeUtc(file)) : DateTimeOffset.UtcNow;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The model.</summary>
    public LanguageModel Model { get; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset Made { get; }

    /// <summary>The states behind beginnings of prompts.</summary>
    public PrefixStates Prefixes { get; }

    /// <summary>The states behind responses.</summary>
    public KeptMoments Responses { get; }

    /// <summary>What names its weights and its arithmetic, for clients that want to know whether they changed.</summary>
    public string Fingerprint => $"fp_{Model.Fingerprint}_{(Model.WeightsOfTexts == WeightFormat.Int8 ? "int8" : "fp32")}";

    /// <summary>The constraint of a source, which <paramref name="make"/> makes where it is not kept.</summary>
    /// <exception cref="ArgumentException">The source makes no sense.</exception>
    public TextConstraint Constraint(string kind, string source, Func<string, TextConstraint> make)
    {
        lock (_gate)
        {
            for (LinkedListNode<(string Kind, TextConstraint Constraint)>? node = _constraints.First; node is not null; node = node.Next)
            {
                if (node.Value.Kind != kind || node.Value.Constraint.Source != source) continue;
                _constraints.Remove(node);
                _constraints.AddFirst(node);
                return node.Value.Constraint;
            }
        }

        TextConstraint made = make(source);
        lock (_gate)
        {
            _constraints.AddFirst((kind, made));
            if (_constraints.Count > MostConstraints) _constraints.RemoveLast();
        }

        return made;
    }
}
