// Nothing of CUDA is touched where nobody asks for a card. The command is loaded a second time, apart from the tests' own, as in a process
// that has just begun; then the assemblies that its work has brought in are there to be seen.

using System.Reflection;
using System.Runtime.Loader;
using GruLM.Cli.Demo;
using GruLM.Tests.Cuda;

namespace GruLM.Tests;

[Collection(StandIn.Collection)]
public sealed class LazyLoadingTests : IDisposable
{
    private const string Name = "GruLM.Cuda";
    private readonly string _root = Directory.CreateTempSubdirectory("grulm-lazy-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Work_on_the_processor_does_not_load_what_computes_on_cards()
    {
        string text = Path.Combine(_root, "text.txt"), model = Path.Combine(_root, "model");
        File.WriteAllText(text, SampleCorpus.Generate(5, 8_000));
        var apart = new Apart();
        TestCard.Hide();
        string sizes = "--vocab-size 320 --hidden-dim 16 --emb-dim 16 --num-layers 1 --max-steps 2 --threads 1";
        Assert.Equal(0, apart.Run($"train --data {text} --out-dir {model} {sizes} --device cpu"));
        Assert.Equal(0, apart.Run($"eval --model {model} --data {text}"));

        // Nor does auto, where the model is small.
        Assert.Equal(0, apart.Run($"generate --model {model} -n 3 --device auto"));
        Assert.Contains("GruLM.Training", apart.Loaded);
        Assert.DoesNotContain(Name, apart.Loaded);
        apart.Run($"generate --model {model} -n 3 --device cuda");
        Assert.Contains(Name, apart.Loaded);
    }

    // The assemblies of this project, once more.
    private sealed class Apart() : AssemblyLoadContext("apart")
    {
        public IEnumerable<string> Loaded => Assemblies.Select(assembly => assembly.GetName().Name!);

        public int Run(string line)
        {
            MethodInfo main = LoadFromAssemblyName(new AssemblyName("GruLM.Cli")).EntryPoint!;
            return (int)main.Invoke(null, [line.Split(' ')])!;
        }

        protected override Assembly? Load(AssemblyName name) => name.Name!.StartsWith("GruLM", StringComparison.Ordinal)
            ? LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, name.Name + ".dll"))
            : null;
    }
}
