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

    [Fact]
    public void A_list_of_records_is_read_whatever_its_layout()
    {
        string[] layouts =
        [
            "[{\"text\": \"a]}\\\"b\"}, {\"text\": \"c\\\\\"}]",
            "\uFEFF [\r\n  {\r\n    \"text\": \"a]}\\\"b\"\r\n  },\r\n\r\n  {\"m\": [[{}]], \"text\": \"c\\\\\"}\r\n]\r\n",
        ];
        foreach (string layout in layouts)
        {
            foreach (string name in new[] { "a.json", "a.jsonl" })
            {
                Assert.Equal(["a]}\"b", "c\\"], Samples(TextCorpus.Read([Save(name, layout)]).Text));
            }

            var piped = new CorpusOptions { StandardInput = new MemoryStream(Encoding.UTF8.GetBytes(layout)) };
            Assert.Equal(["a]}\"b", "c\\"], Samples(TextCorpus.Read(["-"], piped).Text));
        }

        string[] texts = [.. Enumerable.Range(0, 20_000).Select(i => $"text {i} \"\\[{{é\n")];
        string file = Save("long.json", JsonSerializer.Serialize(texts.Select(text => new { id = new[] { 1 }, text })));
        Assert.Equal(texts, Samples(TextCorpus.Read([file], new CorpusOptions { MostInMemory = 1000 }).Text));
        string huge = JsonSerializer.Serialize(new[] { new { text = new string('x', 300_000) } });
        Assert.Equal(300_001, TextCorpus.Read([Save("a.jsonl", huge)]).Utf8.Length);
    }

    [Fact]
    public void What_a_json_file_was_taken_for_is_told()
    {
        (string Content, int Records)[] files =
        [
            ("{\"text\": \"x\"}\n{\"text\": \"y\"}\n", 2), ("\n[{\"prompt\": \"x\", \"completion\": \"y\"}]", 1),
            ("{\n  \"text\": \"x\"\n}\n", 0), ("{\"data\": [{\"text\": \"x\"}]}", 0), ("[1, 2]", 0), ("[]", 0), ("[{\"a\": 1}]", 0),
            ("no JSON", 0), ("[{\"text\": ", 0),
        ];
        foreach ((string content, int records) in files)
        {
            string file = Save("a.json", content);
            var told = new List<string>();
            Assert.Equal(records, TextCorpus.Read([file], new CorpusOptions { Notice = told.Add }).Counts.Records);
            string expected = records > 0
                ? "read as JSON records ('Format = Plain' reads plain text)"
                : "read as plain text, since it begins with no record ('Format = JsonLines' expects records)";
            Assert.Equal($"{file}: {expected}", Assert.Single(told));
            Assert.Equal(0, TextCorpus.Read([file], new CorpusOptions { Format = CorpusFormat.Plain }).Counts.Records);
        }
    }

    [Fact]
    public void Messages_may_be_in_parts_and_what_a_developer_says_is_what_a_system_says()
    {
        const string Parts = """{"messages": [{"role": "developer", "content": [{"type": "text", "text": "Be "}, """
            + """{"type": "text", "text": "kind."}]}, {"role": "user", "content": ["Hi"]}, """
            + """{"role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]}]}""";
        Assert.Equal(["<prompt> Be kind. Hi <ai> Hello"], Samples(TextCorpus.Read([Save("a.jsonl", Parts)]).Text));
    }

    [Fact]
    public void Records_that_hold_markers_or_nothing_are_counted()
    {
        string lines = """
            {"prompt": "what ends it?", "completion": "<end> does"}
            {"messages": [{"role": "user", "content": "a <prompt> b"}, {"role": "assistant", "content": "c"}]}
            {"prompt": "a < b", "completion": "yes"}
            {"text": "<prompt> a <ai> b<end>"}
            {"text": " "}
            """;
        var told = new List<string>();
        var options = new CorpusOptions { Notice = told.Add };
        TextCorpus.Read([Save("a.jsonl", lines)], options);
        const string Markers = "<prompt>, <ai> or <end> in their own text, which the model takes for the markers of an exchange";
        Assert.Equal([$"2 records hold {Markers}", "1 record holds no text, and is no sample"], told);
        told.Clear();
        using (Stream stream = TextCorpus.Open(Save("a.jsonl", lines.Split('\n')[0]), options)) stream.CopyTo(Stream.Null);
        Assert.StartsWith("1 record holds <prompt>, <ai> or <end> in its own text", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public void JSON_may_be_as_deep_as_it_likes()
    {
        string deep = $"{{\"text\": \"x\", \"m\": {new string('[', 5000)}{new string(']', 5000)}}}";
        Assert.Equal(["x"], Samples(TextCorpus.Read([Save("a.jsonl", deep)]).Text));
        Assert.Equal(["x"], Samples(TextCorpus.Read([Save("a.json", $"[{deep}]")]).Text));
    }

    [Fact]
    public void How_many_records_cannot_be_read_is_said_with_the_first_of_them()
    {
        const string Tool = "{\"messages\": [{\"role\": \"tool\", \"content\": \"7\"}]}\n", Good = "{\"text\": \"x\"}\n";
        const string First = "line 2: a message has the role \"tool\"; system, developer, user or assistant was expected";
        Assert.EndsWith(First, Error(Good + Tool + Good), StringComparison.Ordinal);
        string some = Error(Good + Tool + "\n" + Tool + Good + "{\n");
        Assert.EndsWith(First + "; 3 of 5 records cannot be read", some, StringComparison.Ordinal);
        string all = Error(string.Concat(Enumerable.Repeat(Tool, 2000)));
        Assert.EndsWith("; more than 1,000 records cannot be read", all, StringComparison.Ordinal);

        string Error(string lines) => Assert.Throws<InvalidDataException>(() => TextCorpus.Read([Save("a.jsonl", lines)])).Message;
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
    [InlineData("a.jsonl", "{\"messages\": [{\"role\": \"assistant\", \"content\": null, \"tool_calls\": []}]}", "a message calls tools")]
    [InlineData("a.jsonl", "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}]}", "of the type \"image_url\"")]
    [InlineData("a.jsonl", "{\"messages\": [{\"role\": \"user\", \"content\": null}]}", "\"content\" is null; a text was expected")]
    [InlineData("a.jsonl", "[{\"text\": \"x\"},\n{\"text\": 3}]", "line 2: \"text\" is a number")]
    [InlineData("a.jsonl", "[{\"text\": \"x\"},\n{\"text\" 3}]", "line 2 is no valid JSON (at byte 9 of the line)")]
    [InlineData("a.jsonl", "[{\"text\": \"x\"}, {\"text\" 3}]", "line 1 is no valid JSON (at byte 25 of the line)")]
    [InlineData("a.jsonl", "[{\"text\": \"x\"}\n 7]", "line 2 is no valid JSON (at byte 2 of the line); a list of objects was expected")]
    [InlineData("a.jsonl", "[{\"text\": \"x\"}]\n[]", "line 2 is no valid JSON (at byte 1 of the line)")]
    [InlineData("a.json", "[{\"text\": \"x\"},\n{\"text\": \"y\"", "the text is cut short in line 2; it was taken for JSON records")]
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
