// Corpora of records: JSON lines and tables give one sample a record, whatever stands in it, and what cannot be read is said by file and
// line.
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Corpus;

namespace GruLM.Tests.Corpus;

public sealed class RecordsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Texts_may_hold_line_ends_and_stay_one_sample_each()
    {
        string lines = "\uFEFF{\"text\": \"one\\r\\ntwo\\u0000\"}\r\n\r\n"
            + "{\"id\": 7, \"text\": \" three \"}\n{\"text\": \"\"}\n{\"text\": \"four\"}";
        var corpus = TextCorpus.Read([Save("a.jsonl", lines)]);
        Assert.Equal("one\ntwo\n three \n\nfour\n", Encoding.UTF8.GetString(corpus.Utf8.Span));
        Assert.Equal(["one\ntwo", " three ", "four"], Samples(corpus.Text));
        CorpusCounts counts = corpus.Counts;
        Assert.Equal((4, 3, 1, 1), (counts.Records, counts.WindowsLineEnds, counts.Nuls, counts.ByteOrderMarks));
    }

    [Fact]
    public void Exchanges_are_written_in_the_chat_template()
    {
        const string exchange = """{"prompt": "How are\nyou? ", "completion": " Fine.\nAnd you?\n"}""";
        const string conversation = """{"messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}, """
            + """{"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Bye"}, """
            + """{"role": "assistant", "content": "See you"}]}""";
        var corpus = TextCorpus.Read([Save("a.ndjson", exchange + "\n" + conversation)]);
        Assert.Equal(
            ["<prompt> How are you? <ai> Fine.\nAnd you?", "<prompt> Be kind. Hi <ai> Hello<end><prompt> Bye <ai> See you"],
            Samples(corpus.Text));
        Assert.Equal(string.Concat(Samples(corpus.Text).Select(s => s + "<end>\n")), Encoding.UTF8.GetString(corpus.Utf8.Span));
    }

    [Fact]
    public void A_column_of_a_table_keeps_quoted_line_ends_and_commas()
    {
        string file = Save("a.csv", "id,text,note\r\n1,plain,x\r\n2,\"one\r\ntwo, \"\"three\"\"\",\r\n3,last,\"y\"");
        Assert.Equal(["plain", "one\ntwo, \"three\"", "last"], Samples(TextCorpus.Read([file]).Text));
        Assert.Equal(["1", "2", "3"], Samples(TextCorpus.Read([file], new CorpusOptions { Column = "id" }).Text));
        string packed = Save("b.csv.gz", TextCorpusTests.Pack(File.ReadAllBytes(file)));
        Assert.Equal(["x", "y"], Samples(TextCorpus.Read([packed], new CorpusOptions { Column = "note" }).Text));
    }

    [Fact]
    public void Files_of_all_kinds_are_one_corpus_in_order()
    {
        Save("a.txt", "plain one\n\nplain two");
        Save("b.jsonl.gz", TextCorpusTests.Pack("{\"text\": \"json\\none\"}\n"u8.ToArray()));
        Save("c.csv", "text\n\"table\none\"\n");
        Save("d.txt", "plain three\n");
        var corpus = TextCorpus.Read([_folder]);
        Assert.Equal(["plain one", "plain two", "json\none", "table\none", "plain three"], Samples(corpus.Text));
        Assert.Equal("plain one\n\nplain two\njson\none\ntable\none\nplain three\n", Encoding.UTF8.GetString(corpus.Utf8.Span));
    }

    [Fact]
    public void Splitting_keeps_samples_whole_and_loses_none()
    {
        Prop.ForAll<NonNull<string>[], NonNegativeInt>((texts, thousandths) =>
        {
            if (texts.Length == 0)
            {
                return;
            }

            IEnumerable<JsonEncodedText> encoded = texts.Select(text => JsonEncodedText.Encode(Sound(text.Get)));
            string file = Save("law.jsonl", string.Concat(encoded.Select(text => $"{{\"text\": \"{text}\"}}\n")));
            CorpusText corpus = TextCorpus.Read([file]).Text;
            string[] samples = Samples(corpus);
            double fraction = thousandths.Get % 1000 / 1000.0;
            (CorpusText training, CorpusText heldOut) = corpus.SplitBySamples(fraction);
            Assert.Equal(samples, Samples(training).Concat(Samples(heldOut)));
            Assert.Equal((int)(samples.Length * (1 - fraction)), Samples(training).Length);
            Assert.Equal<byte[]>(corpus.Utf8.ToArray(), [.. training.Utf8.Span, .. heldOut.Utf8.Span]);
            (CorpusText first, CorpusText second) = corpus.SplitByCharacters(fraction);
            Assert.Equal<byte[]>(corpus.Utf8.ToArray(), [.. first.Utf8.Span, .. second.Utf8.Span]);
            Assert.True(Samples(first).Length + Samples(second).Length >= samples.Length);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("a.jsonl", "{\"text\": \"x\"}\n\n{\"text\": ", "line 3 is no valid JSON")]
    [InlineData("a.jsonl", "[1, 2]", "line 1: is a list; an object with \"text\"")]
    [InlineData("a.jsonl", "{\"body\": \"x\", \"id\": 1}", "line 1: has only \"body\", \"id\"; an object with \"text\"")]
    [InlineData("a.jsonl", "{\"prompt\": \"x\"}", "with \"prompt\" and \"completion\"")]
    [InlineData("a.jsonl", "{\"text\": 3}", "line 1: \"text\" is a number; a text was expected")]
    [InlineData("a.jsonl", "{\"text\": \"\\ud800\"}", "line 1: a text in it is no valid Unicode")]
    [InlineData("a.jsonl", "{\"messages\": []}", "\"messages\" is an empty list")]
    [InlineData("a.jsonl", "{\"messages\": [{\"role\": \"user\"}]}", "lacks \"role\" or \"content\"")]
    [InlineData("a.jsonl", "{\"messages\": [{\"role\": \"tool\", \"content\": \"\"}]}", "the role \"tool\"")]
    [InlineData("a.jsonl", "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}", "nothing answers it")]
    [InlineData("a.csv", "id,body\n1,x\n", "has no column 'text'; its columns are 'id', 'body'")]
    [InlineData("a.csv", "id,text\n1,x\n2\n", "line 3 has 1 field(s); 2 were expected")]
    [InlineData("a.csv", "text\nx\n\"y\" z\"\n", "is damaged")]
    public void What_cannot_be_read_is_said_by_file_and_line(string name, string content, string expected)
    {
        string file = Save(name, content);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => TextCorpus.Read([file]));
        Assert.StartsWith(file + ": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    // Without halves of surrogate pairs, which are no text.
    private static string Sound(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static string[] Samples(CorpusText text) => [.. text.Samples().Select(sample => Encoding.UTF8.GetString(sample.Span))];

    private string Save(string name, string text) => Save(name, Encoding.UTF8.GetBytes(text));

    private string Save(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
