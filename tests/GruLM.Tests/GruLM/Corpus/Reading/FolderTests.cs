// Folders as data: what is read of them, what is passed over and said, and what cannot be opened.
using System.Diagnostics;
using System.Text;
using GruLM.Corpus;

namespace GruLM.Tests.Corpus;

public sealed class FolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-tests-").FullName;
    private readonly List<string> _told = [];

    public void Dispose()
    {
        // A name that is no UTF-8 only the shell can delete.
        if (!OperatingSystem.IsWindows()) Shell("rm -f caf*");
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Only_files_of_text_that_are_not_hidden_are_read_and_the_rest_is_counted()
    {
        Save("book.txt", "book\n");
        Save("a.JSONL", "{\"text\": \"record\"}\n");
        Assert.Equal("(2 files)", Described());
        Save("._book.txt", "\0\u0005\u0016\u0007");
        Assert.Equal("(2 files; 1 hidden file passed over)", Described());
        Save(".draft.txt", "secret\n");
        Directory.CreateDirectory(Path.Combine(_folder, "part2"));
        Save("notes.md", "notes\n");
        Assert.Equal("(2 files; 2 hidden files, 1 folder and 1 file of another kind passed over)", Described());
        Save("book.txt~", "old\n");
        Assert.Equal("(2 files; 2 hidden files, 1 folder and 2 files of other kinds passed over)", Described());
        Assert.Equal("record\nbook\n", Read());
        Assert.Empty(_told);

        // A hidden file that is named is read.
        string hidden = Path.Combine(_folder, ".draft.txt");
        Assert.Equal(hidden, CorpusFiles.Describe([hidden]));
        Assert.Equal("secret\n", Encoding.UTF8.GetString(TextCorpus.Read([hidden]).Utf8.Span));
        Assert.Equal($"standard input, {hidden}", CorpusFiles.Describe(["-", hidden]));
    }

    [Fact]
    public void Who_puts_a_comma_between_files_is_told_of_spaces()
    {
        Save("a.txt", "a\n");
        Save("b.txt", "b\n");
        string a = Path.Combine(_folder, "a.txt"), b = Path.Combine(_folder, "b.txt");
        Assert.Equal(
            $"{a},{b}: there is no such file or folder; several are named with spaces between them: {a} {b}",
            Assert.Throws<FileNotFoundException>(() => CorpusFiles.Find([$"{a},{b}"])).Message);
        Assert.Equal(
            $"{a},c: there is no such file or folder", Assert.Throws<FileNotFoundException>(() => CorpusFiles.Find([$"{a},c"])).Message);
    }

    [Fact]
    public void What_is_no_file_with_text_does_not_keep_the_others_from_being_read()
    {
        if (OperatingSystem.IsWindows()) return;
        Save("a.txt", "text\n");
        File.CreateSymbolicLink(Path.Combine(_folder, ".#a.txt"), "me@host.1234:567");
        File.CreateSymbolicLink(Path.Combine(_folder, "b.txt"), "nowhere");
        File.CreateSymbolicLink(Path.Combine(_folder, "c.txt"), _folder);
        File.CreateSymbolicLink(Path.Combine(_folder, "d.txt"), "d.txt");
        Shell("mkfifo p.txt; printf x > \"$(printf 'caf\\351.txt')\"");
        const string Lost = "3 without a file behind them (a link to nothing, or a name that is no UTF-8)";
        Assert.Equal($"(2 files; 1 hidden file, 1 folder and {Lost} passed over)", Described());
        Assert.Equal("text\n", Read());
        Assert.Equal("p.txt: passed over: empty, or no regular file", Assert.Single(_told));

        // On its own, what cannot be read is an error.
        string dangling = Path.Combine(_folder, "b.txt"), circle = Path.Combine(_folder, "d.txt");
        Assert.Equal($"{dangling}: is a link to nowhere, which is not there", Error(dangling));
        Assert.StartsWith($"{circle}: cannot be read: too many ", Error(circle), StringComparison.Ordinal);
        Assert.Equal("an empty name was given; name a file, a folder or - for standard input", Error(""));
    }

    [Fact]
    public async Task A_pipe_that_is_named_is_read_and_waiting_for_its_writer_can_be_ended()
    {
        if (OperatingSystem.IsWindows()) return;
        Shell("mkfifo p.txt");
        string pipe = Path.Combine(_folder, "p.txt");
        using var stop = new CancellationTokenSource(50);
        Assert.ThrowsAny<OperationCanceledException>(() => TextCorpus.Read([pipe], null, stop.Token));
        var writing = Task.Run(() => File.WriteAllText(pipe, "from a pipe\n"));
        Assert.Equal("from a pipe\n", Encoding.UTF8.GetString(TextCorpus.Read([pipe]).Utf8.Span));
        await writing.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void What_cannot_be_opened_or_read_is_said_in_our_own_words()
    {
        string gone = Path.Combine(_folder, "gone.txt");
        Assert.Equal($"{gone}: there is no such file, or no longer", Assert.ThrowsAny<IOException>(() => TextCorpus.Open(gone)).Message);
        string isFolder = Assert.ThrowsAny<IOException>(() => TextCorpus.Open(_folder)).Message;
        Assert.Equal($"{_folder}: is a folder; a file was expected", isFolder);
        var denied = new UnauthorizedAccessException("Access to the path is denied.");
        Assert.Equal($"{gone}: may not be read; its permissions do not allow it", CorpusFiles.Unreadable(gone, denied).Message);
        if (!OperatingSystem.IsLinux()) return;
        Assert.Equal("/proc/self/mem: cannot be read: input/output error", Error("/proc/self/mem"));
    }

    [Fact]
    public void A_folder_without_text_is_an_error_that_says_what_is_in_it()
    {
        Save("a.md", "x\n");
        Save("b.pdf", "x\n");
        string message = Assert.Throws<InvalidDataException>(() => CorpusFiles.Find([_folder])).Message;
        Assert.StartsWith($"{_folder}: the folder has no text; files named *.txt, ", message, StringComparison.Ordinal);
        Assert.EndsWith("were expected directly in it (2 files of other kinds passed over)", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_that_is_read_as_text_is_told()
    {
        string file = Path.Combine(_folder, "a.tsv");
        Save("a.tsv", "text\tn\nx\t1\n");
        var options = new CorpusOptions { Notice = _told.Add };
        Assert.Equal("text\tn\nx\t1\n", Encoding.UTF8.GetString(TextCorpus.Read([file], options).Utf8.Span));
        Assert.Equal($"{file}: read as plain text, a sample a line ('Format = Table' reads a column of it)", Assert.Single(_told));
        Assert.Equal("x\n", Encoding.UTF8.GetString(TextCorpus.Read([file], options with { Format = CorpusFormat.Table }).Utf8.Span));
    }

    private static string Error(string name) => Assert.ThrowsAny<IOException>(() => TextCorpus.Read([name])).Message;

    private string Described() => CorpusFiles.Describe([_folder])[(_folder.Length + 1)..];

    private string Read()
    {
        _told.Clear();
        var options = new CorpusOptions
        {
            Notice = note => _told.Add(note.Replace(_folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal)),
        };
        return Encoding.UTF8.GetString(TextCorpus.Read([_folder], options).Utf8.Span);
    }

    private void Shell(string line)
    {
        using Process shell = Process.Start(new ProcessStartInfo("sh", ["-c", line]) { WorkingDirectory = _folder })!;
        shell.WaitForExit();
    }

    private void Save(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
