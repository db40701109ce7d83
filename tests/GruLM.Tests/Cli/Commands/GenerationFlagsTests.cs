// The flags that choose how tokens are chosen: llama.cpp's spellings mean the same, and what makes no sense is bad usage.

using GruLM.Model;

namespace GruLM.Tests.Cli;

public sealed class GenerationFlagsTests : IDisposable
{
    private readonly TinyModel _folder = new(SampleKind.Stream);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--temperature 0.5 -n 9 --seed 3", "--temp 0.5 --n-predict 9 -s 3")]
    [InlineData("--typical 0.5 -n 9 --seed 3", "--typical-p 0.5 --predict 9 --seed 3")]
    [InlineData("-n 9 --seed 3", "-n 9 --seed 3 --samplers penalties,dry,top-k,typ_p,top-p,min-p,temp")]
    [InlineData("-n 9 --seed 3", "-n 9 --seed 3 --samplers penalties;dry;top_k;typical;nucleus;min_p;temperature --mirostat 0")]
    [InlineData("-n 9 --seed 3 --mirostat 2", "-n 9 --seed 3 --mirostat 2 --mirostat-ent 5 --mirostat-lr 0.1 --top-k 1")]
    [InlineData("-n 9 --seed 3 --dry-multiplier 1", "-n 9 --seed 3 --dry-multiplier 1 --dry-base 1.75 --dry-allowed-length 2")]
    [InlineData("-n 9 --temp 0", "-n 9 --temp 0 --seed -1")]
    public void Other_spellings_and_defaults_mean_the_same(string one, string other)
    {
        (int Code, string Output, string Error) expected = Generate(one);
        Assert.True(expected.Code == 0, expected.Error);
        Assert.Equal(expected.Output, Generate(other).Output);
    }

    [Fact]
    public void Minus_one_is_another_seed_each_time_and_text_without_end()
    {
        const string AnySeed = "-n 30 --temp 1 --top-k 0 --seed -1 --ignore-eos";
        Assert.Equal(8, Enumerable.Range(0, 8).Select(_ => Generate(AnySeed).Output).Distinct().Count());

        // Longer than the default; an end is all but certain by then.
        (int code, string output, _) = Generate("-n -1 --seed 1 --temp 1 --top-k 0 --top-p 1 --min-p 0 --logit-bias 2=3");
        Assert.Equal(0, code);
        Assert.NotEmpty(output);
    }

    [Theory]
    [InlineData("--mirostat 1", "--mirostat 1: one of 0, 2 was expected")]
    [InlineData("--mirostat-ent -1", "--mirostat-ent -1")]
    [InlineData("--mirostat-lr nan", "--mirostat-lr nan")]
    [InlineData("--dry-multiplier -1", "--dry-multiplier -1")]
    [InlineData("--dry-base 0.5", "--dry-base 0.5")]
    [InlineData("--dry-allowed-length 0", "--dry-allowed-length 0")]
    [InlineData("--seed -2", "--seed -2: -1 or a whole number from 0")]
    [InlineData("-n -2", "--max-tokens -2: a whole number from -1 up")]
    [InlineData("--top-p 0", "--top-p 0: a number above 0 to 1 was expected")]
    [InlineData("--samplers xtc", "unknown name 'xtc'")]
    public void What_makes_no_sense_is_bad_usage(string flags, string expected)
    {
        (int code, string output, string error) = Generate(flags);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
    }

    private (int Code, string Output, string Error) Generate(string flags) =>
        CommandsTests.Run(["generate", "--model", _folder.Folder, "-p", "a", .. flags.Split(' ')]);
}
