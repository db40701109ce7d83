// What docs/int8.md says is what decoding does: the bits that a second implementation, written from that page alone, gave for some small
// models. Fixtures/Int8/decode.mjs is that implementation, and wrote the fixtures.

using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Generation;

public partial class Int8VectorTests
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Fixtures", "Int8");
    private static readonly JsonSerializerOptions s_options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private static readonly Fixture[] s_fixtures =
        JsonSerializer.Deserialize<Fixture[]>(File.ReadAllText(Path.Combine(s_folder, "expected.json")), s_options)!;

    public static TheoryData<string> Names => [.. s_fixtures.Select(fixture => fixture.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_path_gives_the_bits_of_the_page(string name)
    {
        Fixture fixture = s_fixtures.Single(fixture => fixture.Name == name);
        using GruParameters parameters = fixture.Fill();
        Assert.Equal(fixture.Weights, Sum(parameters));
        foreach (KernelPath floats in KernelChoice.Available)
        {
            using var compute = Compute.Create(2, floats);
            foreach (Int8Path path in Int8Choice.Available)
            {
                using var decoder = new Int8Decoder(parameters, compute, path);
                OneByOne(fixture, decoder, $"{name}, {floats}, {path}");
                AtOnce(fixture, decoder, $"{name}, {floats}, {path}, at once");
            }
        }
    }

    [Fact]
    public void The_model_that_is_a_file_is_the_one_of_the_generator()
    {
        Fixture fixture = s_fixtures.Single(fixture => fixture.Name == "plain");
        (GruParameters parameters, SampleKind _) = ModelFile.Load(Path.Combine(s_folder, "plain"));
        using (parameters)
        {
            Assert.Equal(fixture.Config, parameters.Config);
            Assert.Equal(fixture.Weights, Sum(parameters));
        }
    }

    [Fact]
    public void The_constants_on_the_page_are_true()
    {
        string page = File.ReadAllText(Path.Combine(StyleTests.Root(), "docs", "int8.md"));
        Match[] rows = Constant().Matches(page).ToArray();
        Assert.Equal(34, rows.Length);
        foreach (Match row in rows)
        {
            float number = float.Parse(row.Groups["number"].Value, CultureInfo.InvariantCulture);
            Assert.True(Hex(number) == row.Groups["bits"].Value, $"{row.Value}: {Hex(number)}");
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Scores_that_are_no_numbers_have_no_log_probabilities(float wrong)
    {
        foreach (int count in (int[])[1, 15, 16, 33])
        {
            for (int at = 0; at < count; at++)
            {
                float[] scores = new float[count];
                scores[at] = wrong;
                Assert.Equal(float.NaN, LogSumExp.Of(scores).LogTotal);
            }
        }
    }

    private static void OneByOne(Fixture fixture, Int8Decoder decoder, string where)
    {
        using IDecodingSession session = decoder.CreateSession();
        int read = 0;
        foreach (Result expected in fixture.After)
        {
            while (read < expected.Tokens) session.Read(fixture.Ids[read++]);
            Check(expected, session, session.Logits(), $"{where}, token {read}");
        }
    }

    private static void AtOnce(Fixture fixture, Int8Decoder decoder, string where)
    {
        using IDecodingSession session = decoder.CreateSession();
        float[] scores = new float[fixture.Ids.Length * fixture.Config.VocabSize];
        decoder.Read(session, fixture.Ids, scores);
        Result last = fixture.After[^1];
        Assert.Equal(fixture.Ids.Length, last.Tokens);
        Check(last, session, scores.AsSpan(^fixture.Config.VocabSize..), where);
    }

    private static void Check(Result expected, IDecodingSession session, ReadOnlySpan<float> scores, string where)
    {
        Assert.True(expected.Scores == Hex(scores), $"{where}: scores are\n{Hex(scores)}");
        var sum = LogSumExp.Of(scores);
        Assert.True(expected.LogSum == Hex(sum.Most + sum.LogTotal), $"{where}: log sum");
        string states = Hex(session.SaveState());
        Assert.True(string.Join(' ', expected.States) == states, $"{where}: states are\n{states}");
    }

    private static string Hex(ReadOnlySpan<float> numbers)
    {
        List<string> words = [];
        foreach (float number in numbers) words.Add(Hex(number));
        return string.Join(' ', words);
    }

    private static string Hex(float number) => BitConverter.SingleToUInt32Bits(number).ToString("X8", CultureInfo.InvariantCulture);

    // A checksum of all weights, in the order of the file.
    private static string Sum(GruParameters parameters)
    {
        byte[] all = [.. parameters.Views.SelectMany(view => MemoryMarshal.AsBytes<float>(parameters.Read(view.Name)).ToArray())];
        return Convert.ToHexStringLower(SHA256.HashData(all));
    }

    [GeneratedRegex(@"^\| [^|]+ \| (?<number>-?[0-9.e-]+) \| (?<bits>[0-9A-F]{8}) \|$", RegexOptions.Multiline)]
    private static partial Regex Constant();

    private sealed record Result(int Tokens, string[] States, string Scores, string LogSum);

    private sealed record Fixture(string Name, GruConfig Config, uint Seed, JsonElement[][] Set, string Weights, int[] Ids, Result[] After)
    {
        // The generator of decode.mjs.
        public GruParameters Fill()
        {
            var parameters = new GruParameters(Config);
            uint x = Seed;
            foreach (ParameterView view in parameters.Views)
            {
                bool isHalf = view.Name.StartsWith("gru", StringComparison.Ordinal) || view.Name.Contains("bias", StringComparison.Ordinal);
                float unit = isHalf ? 1f / (1 << 24) : 1f / (1 << 23);
                float[] numbers = new float[view.Length];
                foreach (ref float number in numbers.AsSpan())
                {
                    x = unchecked((x * 1664525) + 1013904223);
                    number = ((int)(x >> 8) - (1 << 23)) * unit;
                }

                foreach (JsonElement[] range in Set.Where(range => range[0].GetString() == view.Name))
                {
                    uint bits = uint.Parse(range[3].GetString()!, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                    numbers.AsSpan(range[1].GetInt32(), range[2].GetInt32()).Fill(BitConverter.UInt32BitsToSingle(bits));
                }

                parameters.Write(view.Name, numbers);
            }

            return parameters;
        }
    }
}
