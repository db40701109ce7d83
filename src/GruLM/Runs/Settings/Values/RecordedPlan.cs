// The plan of a run whose number of steps time decided, as text.

using System.Text.Json;
using GruLM.Training;

namespace GruLM;

/// <summary>Plans of steps (StepPlan.cs); an empty one is left out.</summary>
internal sealed class RecordedPlan : SettingValue<IReadOnlyList<PlannedSteps>>
{
    public override string Placeholder => "STEP:TOTAL,…";

    public override IReadOnlyList<PlannedSteps> Parse(IReadOnlyList<string> words) => StepPlan.Parse(words[0]);

    public override void Write(Utf8JsonWriter json, IReadOnlyList<PlannedSteps> value) => json.WriteStringValue(Text(value));

    public override string Text(IReadOnlyList<PlannedSteps> value) => StepPlan.Text(value);

    public override bool IsLeftOpen(IReadOnlyList<PlannedSteps> value) => value.Count == 0;
}
