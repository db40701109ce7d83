// The public surface of each library is the one in the file beside this test that has its name, so that no change of it goes unseen, and
// none of it has a pointer.

using System.Reflection;
using GruLM.Kernels;
using PublicApiGenerator;

namespace GruLM.Tests.Api;

public class PublicApiTests
{
    private const string Accept = "GRULM_TESTS_ACCEPT";
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static TheoryData<string> Libraries =>
    [
        "GruLM.Kernels", "GruLM.Formats", "GruLM.Tokenization", "GruLM.Model", "GruLM.Training", "GruLM.Generation", "GruLM.Cuda", "GruLM",
        "GruLM.Parquet",
    ];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void The_surface_is_the_approved_one(string library)
    {
        var options = new ApiGeneratorOptions { IncludeAssemblyAttributes = false };
        string actual = Assembly.Load(library).GeneratePublicApi(options).ReplaceLineEndings("\n").TrimEnd() + "\n";
        string name = $"tests/GruLM.Tests/Api/{library}.txt", path = Path.Combine(Root(), name);
        if (Environment.GetEnvironmentVariable(Accept) == "1") File.WriteAllText(path, actual);
        string approved = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        if (approved == actual) return;
        string difference = string.Join('\n', Difference(approved.Split('\n'), actual.Split('\n')));
        Assert.Fail(
            $"the public surface of {library} is not the one in {name}:\n{difference}\n"
            + $"Where that is meant, run this test with {Accept}=1, which rewrites the file, and commit it.");
    }

    [Fact]
    public void A_difference_shows_the_lines_that_came_and_went()
    {
        Assert.Empty(Difference(["a", "b"], ["a", "b"]));
        Assert.Equal(["- b", "+ x", "+ y"], Difference(["a", "b", "c"], ["a", "x", "y", "c"]));
        Assert.Equal(["+ a", "- c"], Difference(["b", "c"], ["a", "b"]));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void No_public_member_has_a_pointer(string library) =>
        Assert.Empty(Assembly.Load(library).GetExportedTypes().SelectMany(Pointers));

    [Fact]
    public void Pointers_are_found()
    {
        Assert.Contains("AlignedBuffer`1.get_Pointer", Pointers(typeof(AlignedBuffer<>)));
        Assert.Contains("MatrixVector`2.Weights", Pointers(typeof(MatrixVector<,>)));
        Assert.Contains("Bf16Kernel.Product", Pointers(typeof(Bf16Kernel)));
        Assert.Empty(Pointers(typeof(TestContext)));
    }

    // The members that other programs can name whose types have pointers in them.
    private static IEnumerable<string> Pointers(Type type)
    {
        foreach (MemberInfo member in type.GetMembers(Declared))
        {
            IEnumerable<Type> types = member switch
            {
                FieldInfo field when field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly => [field.FieldType],
                MethodBase method when method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly =>
                    [.. method.GetParameters().Select(parameter => parameter.ParameterType), (method as MethodInfo)?.ReturnType ?? type],
                _ => [],
            };
            if (types.Any(HasPointer)) yield return $"{type.Name}.{member.Name}";
        }
    }

    private static bool HasPointer(Type type) =>
        type.IsPointer || type.IsFunctionPointer || (type.HasElementType && HasPointer(type.GetElementType()!))
        || type.GetGenericArguments().Any(HasPointer);

    // The lines that are not in the longest row of lines that both have.
    private static List<string> Difference(string[] before, string[] after)
    {
        int[,] common = new int[before.Length + 1, after.Length + 1];
        for (int i = before.Length - 1; i >= 0; i--)
        {
            for (int j = after.Length - 1; j >= 0; j--)
            {
                common[i, j] = before[i] == after[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        var lines = new List<string>();
        for (int i = 0, j = 0; i < before.Length || j < after.Length;)
        {
            if (i < before.Length && j < after.Length && before[i] == after[j]) (i, j) = (i + 1, j + 1);
            else if (i < before.Length && (j == after.Length || common[i + 1, j] >= common[i, j + 1])) lines.Add("- " + before[i++]);
            else lines.Add("+ " + after[j++]);
        }

        return lines;
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "GruLM.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests do not lie in a checkout");
    }
}
