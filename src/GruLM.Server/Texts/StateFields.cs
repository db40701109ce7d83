// The fields by which requests go on from a state and ask for the one behind their text.

namespace GruLM.Server;

/// <summary>Reads what a request says about states. Safe for several threads.</summary>
internal static class StateFields
{
    /// <summary>A state to go on from.</summary>
    public static readonly Field State = new("state", FieldKind.Text, "a state that an earlier answer returned, to go on from");

    /// <summary>Whether the state is to be returned.</summary>
    public static readonly Field Return = new("return_state", FieldKind.Switch, "return the state behind the text");

    /// <summary>Both.</summary>
    public static readonly Field[] All = [State, Return];

    /// <summary>The state that a request goes on from; null where it begins.</summary>
    /// <exception cref="ApiException">It is not ours.</exception>
    public static WriterState? Read(RequestBody body, ServerParts parts, ServedModel model) =>
        body.Text(State) is { } token ? parts.States.Open(model, token, State.Name) : null;
}
