// How a run of minutes was laid out, anew now and then, by the speed it found, as text: 0:4300,310:4800. Written to settings.json when
// such a run has ended, so that the same steps can be made again whatever the time is then.

using System.Globalization;
using GruLM.Training;

namespace GruLM;

/// <summary>Reads and writes recorded plans.</summary>
internal static class StepPlan
{
    /// <summary>The plan as settings.json has it.</summary>
    public static string Text(IReadOnlyList<PlannedSteps> plan) =>
        string.Join(',', plan.Select(p => FormattableString.Invariant($"{p.Step}:{p.TotalSteps}")));

    /// <summary>Reads what <see cref="Text"/> wrote. Throws <see cref="FormatException"/>.</summary>
    public static IReadOnlyList<PlannedSteps> Parse(string text)
    {
        var plan = new List<PlannedSteps>();
        foreach (string part in text.Split(','))
        {
            string[] numbers = part.Split(':');
            if (numbers.Length != 2 || !Number(numbers[0], out long step) || !Number(numbers[1], out long total) || total <= step
                || step <= (plan.Count == 0 ? -1 : plan[^1].Step))
            {
                throw new FormatException("pairs like 0:4300,310:4800 were expected, of rising steps and larger totals");
            }

            plan.Add(new PlannedSteps(step, total));
        }

        return plan;
    }

    private static bool Number(string text, out long value) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
