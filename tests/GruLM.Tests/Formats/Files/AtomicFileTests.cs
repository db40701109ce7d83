// A file written by AtomicFile is the old one or the new one, and nothing else stays in the folder.
using System.Diagnostics;
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

    [Fact]
    public void Leaves_a_link_and_writes_what_it_leads_to()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets only some users make links");
        string file = Path.Combine(_folder, "file"), link = Path.Combine(_folder, "link"), second = Path.Combine(_folder, "second");
        File.CreateSymbolicLink(link, "file");
        File.CreateSymbolicLink(second, link);
        AtomicFile.WriteAllText(link, "first");
        Assert.Equal("first", File.ReadAllText(file));
        AtomicFile.WriteAllText(second, "second");
        Assert.Equal("second", File.ReadAllText(file));
        Assert.Equal("file", new FileInfo(link).LinkTarget);
        Assert.Equal(3, Directory.GetFileSystemEntries(_folder).Length);
    }

    // No device by its own name: where this fails as root, the machine would lose it.
    [Fact]
    public void Writes_to_an_open_file_of_the_process_as_it_is()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the names are Linux's");
        string file = Path.Combine(_folder, "file");
        using (var open = new FileStream(file, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite))
        {
            AtomicFile.WriteAllText($"/proc/self/fd/{open.SafeFileHandle.DangerousGetHandle()}", "text");
        }

        Assert.Equal("text", File.ReadAllText(file));
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Follows_a_link_from_the_folder_that_it_really_stands_in()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets only some users make links");
        string deep = Directory.CreateDirectory(Path.Combine(_folder, "one", "two")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(_folder, "short"), deep);
        File.CreateSymbolicLink(Path.Combine(deep, "link"), "../file");
        AtomicFile.WriteAllText(Path.Combine(_folder, "short", "link"), "text");
        Assert.Equal("text", File.ReadAllText(Path.Combine(_folder, "one", "file")));
        File.CreateSymbolicLink(Path.Combine(_folder, "circle"), "circle");
        IOException error = Assert.Throws<IOException>(() => AtomicFile.WriteAllText(Path.Combine(_folder, "circle"), "text"));
        Assert.Contains("leads to itself", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keeps_the_rights_of_the_file_that_it_replaces()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other rights");
        string path = Path.Combine(_folder, "file");
        foreach (UnixFileMode mode in new[]
        {
            UnixFileMode.UserRead | UnixFileMode.UserWrite, UnixFileMode.UserRead,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite,
        })
        {
            File.WriteAllText(path, "old");
#pragma warning disable CA1416 // Skipped on Windows.
            File.SetUnixFileMode(path, mode);
            AtomicFile.WriteAllText(path, "new");
            Assert.Equal(mode, File.GetUnixFileMode(path));
#pragma warning restore CA1416
            Assert.Equal("new", File.ReadAllText(path));
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Writes_to_a_pipe_and_leaves_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no mkfifo");
        string pipe = Path.Combine(_folder, "pipe");
        using (var make = Process.Start("mkfifo", [pipe])) make.WaitForExit();
        Task<string> reading = Task.Run(() => File.ReadAllText(pipe), TestContext.Current.CancellationToken);
        AtomicFile.WriteAllText(pipe, "text");
        Assert.Equal("text", await reading);
        reading = Task.Run(() => File.ReadAllText(pipe), TestContext.Current.CancellationToken);
        await Task.Run(() => File.WriteAllText(pipe, "still a pipe"), TestContext.Current.CancellationToken);
        Assert.Equal("still a pipe", await reading);
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void An_empty_file_is_replaced_as_any_other()
    {
        string path = Path.Combine(_folder, "file");
        File.WriteAllText(path, "");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("new"u8);
            throw new InvalidOperationException();
        }));
        Assert.Empty(File.ReadAllBytes(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Says_before_there_is_anything_to_write_that_it_cannot_be()
    {
        Assert.Throws<IOException>(() => AtomicFile.Check(_folder));
        Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.Check(Path.Combine(_folder, "no", "file")));
        AtomicFile.Check(Path.Combine(_folder, "file"));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_name_of_the_system_that_is_not_there_is_no_device()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the names are Linux's");
        FileNotFoundException error = Assert.Throws<FileNotFoundException>(() => AtomicFile.WriteAllText("/proc/no-such-name", "text"));
        Assert.Contains("there is no device of that name", error.Message, StringComparison.Ordinal);
    }
}
