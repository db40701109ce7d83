// Damaged token files: what train keeps of an encoded text is used as it is, made anew, or refused in one line, and never read beyond its
// end. What stands in the place of an id is an id of the vocabulary.

using GruLM.Training;

namespace GruLM.Tests.Training;

public sealed class DamagedTokensTests : IDisposable
{
    private const int Narrow = 300, Wide = 70_000;

    private static readonly byte[] s_one = [.. Enumerable.Repeat((byte)1, 32)], s_two = [.. Enumerable.Repeat((byte)2, 32)];
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-damaged-tokens-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(Narrow)]
    [InlineData(Wide)]
    public void Mutated_token_files_are_used_made_anew_or_refused(int vocabSize)
    {
        string path = Path.Combine(_folder, "tokens.bin");
        TokenFile.Write(path, vocabSize, s_one, s_two, [[.. Enumerable.Range(0, 400).Select(i => i * 31 % vocabSize)]]);
        int used = 0;
        new Damage(seed: 7).Read(path, [File.ReadAllBytes(path)], Most, _ =>
        {
            using TokenFile file = Open(path, vocabSize);
            int[] ids = new int[file.Count];
            file.CopyTo(0, ids);
            Assert.All(ids, id => Assert.InRange(id, 0, vocabSize - 1));
            used++;
        });
        Assert.InRange(used, 1, Damage.Rounds - 1);
    }

    [Fact]
    public void Mutated_lines_in_files_are_used_or_refused()
    {
        string ids = Path.Combine(_folder, "lines.bin"), lengths = ids + ".lines";
        int[] all = [.. Enumerable.Range(0, 130).Select(i => i % 7)];
        TokenFile.Write(ids, Narrow, s_one, s_two, [[.. Enumerable.Range(0, all.Sum()).Select(i => i % Narrow)]]);
        TokenFile.Write(lengths, int.MaxValue, s_one, s_two, [all]);
        new Damage(seed: 8).Read(lengths, [File.ReadAllBytes(lengths)], Most, _ =>
        {
            using TokenFile tokens = Open(ids, Narrow), lines = Open(lengths, int.MaxValue);
            using var read = new LinesInFile(tokens, lines);
            Assert.Equal(tokens.Count, Enumerable.Range(0, read.Count).Sum(line => (long)read[line].Length));
        });
    }

    // The ids, and what .NET makes of an opened and mapped file.
    private static long Most(long bytes) => (1 << 20) + (40 * bytes);

    private static TokenFile Open(string path, int vocabSize) =>
        TokenFile.Open(path, vocabSize, s_one, s_two) ?? throw new InvalidDataException("it is made anew");
}
