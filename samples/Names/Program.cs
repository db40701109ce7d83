// Makes up names: Names LIST MODEL COUNT learns from a list of names, one a line, in some seconds, and prints names that are not on the
// list, each once. Any list of short things does: towns, dishes, plants.

using System.Globalization;
using GruLM;
using GruLM.Model;

int count = args.Length == 3 && int.TryParse(args[2], CultureInfo.InvariantCulture, out int wanted) ? wanted : 0;
if (count < 1) End(2, "usage: Names LIST MODEL COUNT");
AppDomain.CurrentDomain.UnhandledException += (_, error) => End(1, ((Exception)error.ExceptionObject).Message);
(string list, string folder) = (args[0], args[1]);
if (!File.Exists(Path.Combine(folder, "model.safetensors")))
{
    TrainingSettings settings = Recipes.Names.Settings with
    {
        Data = [list],
        OutDir = folder,
        Samples = SampleKind.Lines,
        MaxSteps = 1500,
    };
    using var run = TrainingRun.Start(settings);
    run.Run();
}

using var model = LanguageModel.Open(folder);
var known = TrainingLines.Read(model);
var made = new HashSet<string>();

// As many at a time as are still wanted, each by other draws; a model of very few names may run out of new ones.
for (ulong seed = 0; made.Count < count && seed < 100UL * (ulong)count; seed += (ulong)count)
{
    var options = new GenerationOptions { MaxTokens = 40, Sampling = model.Defaults.ToSampling() with { Seed = seed } };
    foreach (Completion completion in model.Complete("", count, options))
    {
        string name = completion.Text.Trim();
        if (made.Count == count || name.Length == 0 || known.Contain(name) || !made.Add(name)) continue;
        Console.WriteLine(name);
    }
}

static void End(int code, string line)
{
    Console.Error.WriteLine(line);
    Environment.Exit(code);
}
