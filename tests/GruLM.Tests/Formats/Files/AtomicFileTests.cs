// A file written by AtomicFile is the old one or the new one, and nothing else stays in the folder.
using GruLM.Formats;

namespace GruLM.Tests.Formats;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Replaces_the_old_file_when_the_new_one_is_whole()
    {
        string path = Path.Combine(_folder, "config.json");
        AtomicFile.WriteAllText(path, "old");
        AtomicFile.WriteAllText(path, "née");
        Assert.Equal("née"u8.ToArray(), File.ReadAllBytes(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Keeps_the_old_file_when_writing_fails()
    {
        string path = Path.Combine(_folder, "config.json");
        AtomicFile.WriteAllText(path, "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("new"u8);
            Assert.Equal("old", File.ReadAllText(path));
            throw new InvalidOperationException();
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Removes_what_a_killed_writer_left_and_nothing_else()
    {
        string path = Path.Combine(_folder, "model.safetensors");
        File.WriteAllText($"{path}.{Guid.NewGuid():N}.tmp", "half");
        File.WriteAllText(path + ".mine.tmp", "kept");
        File.WriteAllText(Path.Combine(_folder, "other.tmp"), "kept");
        AtomicFile.WriteAllText(path, "new");
        Assert.Equal(
            ["model.safetensors", "model.safetensors.mine.tmp", "other.tmp"],
            Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Says_when_the_target_is_a_folder_or_its_folder_is_missing()
    {
        IOException error = Assert.Throws<IOException>(() => AtomicFile.WriteAllText(_folder, ""));
        Assert.Contains("is a folder", error.Message, StringComparison.Ordinal);
        Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.WriteAllText(Path.Combine(_folder, "no", "file"), ""));
    }
}
