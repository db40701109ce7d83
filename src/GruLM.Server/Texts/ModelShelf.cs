// The models that a server has, by their names.

namespace GruLM.Server;

/// <summary>Served models. Immutable.</summary>
internal sealed class ModelShelf(IReadOnlyList<ServedModel> models)
{
    /// <summary>The field by which requests name one.</summary>
    public static readonly Field Field = new("model", FieldKind.Text, "the name of a served model; may be left out where there is one");

    /// <summary>All of them.</summary>
    public IReadOnlyList<ServedModel> Models { get; } = models;

    /// <summary>The model that a request names.</summary>
    /// <exception cref="ApiException">There is none of that name.</exception>
    public ServedModel Of(RequestBody body) => Find(body.Text(Field));

    /// <summary>The model of a name, or the only one for no name.</summary>
    /// <exception cref="ApiException">There is none of that name.</exception>
    public ServedModel Find(string? name)
    {
        if (name is null && Models.Count == 1) return Models[0];
        string all = string.Join(", ", Models.Select(model => model.Name));
        if (name is null) throw ApiException.Bad($"'model' is missing; there are {all}", Field.Name);
        string shown = name.Length > 100 ? name[..100] + "…" : name;
        return Models.FirstOrDefault(model => model.Name == name)
            ?? throw new ApiException(404, $"there is no model '{shown}'; there are {all}", Field.Name, "model_not_found");
    }
}
