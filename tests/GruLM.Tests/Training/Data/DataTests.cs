// Batches: every token is predicted once an epoch, targets follow inputs, and epochs are shuffled but reproducible.

using GruLM.Model;
using GruLM.Training;

namespace GruLM.Tests.Training;

public class DataTests
{
    [Theory]
    [InlineData(2, 4, 8, false)]
    [InlineData(17, 1, 5, false)]
    [InlineData(1000, 4, 7, false)]
    [InlineData(1001, 32, 64, false)]
    [InlineData(5000, 8, 64, false)]
    [InlineData(2, 4, 64, true)]
    [InlineData(1001, 32, 64, true)]
    [InlineData(5000, 8, 20, true)]
    public void A_stream_is_cut_into_lanes_that_follow_on(int count, int lanes, int steps, bool random)
    {
        int[] tokens = [.. Enumerable.Range(0, count)];
        var data = new TokenStream(tokens, lanes, steps, seed: 1, random);
        var predicted = new HashSet<int>();
        int[] lastOfLane = new int[data.Lanes];
        for (int i = 0; i < data.StepsInEpoch(0); i++)
        {
            TokenBatch batch = data.Batch(0, i);
            Assert.Equal(i == 0, batch.StartsFresh);
            for (int b = 0; b < batch.Lanes; b++)
            {
                if (i > 0) Assert.Equal(lastOfLane[b], batch.Inputs[b]);
                for (int t = 0; t < batch.Steps; t++)
                {
                    int at = (t * batch.Lanes) + b;
                    Assert.Equal(batch.Inputs[at] + 1, batch.Targets[at]);
                    Assert.True(predicted.Add(batch.Targets[at]));
                }

                lastOfLane[b] = batch.Targets[((batch.Steps - 1) * batch.Lanes) + b];
            }
        }

        // Only the remainder of the division into lanes goes unread.
        Assert.Equal(data.TokensPerEpoch, predicted.Count);
        Assert.InRange(predicted.Count, count - 1 - (data.Lanes - 1), count - 1);
    }

    [Fact]
    public void Now_and_then_a_lane_starts_afresh_and_always_the_same_one()
    {
        static bool[] Fresh(int every)
        {
            var data = new TokenStream(new int[20_001], 10, 10, seed: 4, freshEvery: every);
            return [.. Enumerable.Range(0, data.StepsInEpoch(0)).SelectMany(i => data.Batch(0, i).FreshLanes.ToArray())];
        }

        Assert.Equal(Fresh(32), Fresh(32));
        Assert.InRange(Fresh(32).Count(f => f), 2000 / 32 / 2, 2000 / 32 * 2);
        Assert.InRange(Fresh(8).Count(f => f), 2000 / 8 * 3 / 4, 2000 / 8 * 5 / 4);
        Assert.DoesNotContain(true, Fresh(0));
    }

    [Fact]
    public void Random_windows_vary_around_their_length_and_its_half_and_depend_on_seed_and_epoch_alone()
    {
        static int[] Lengths(ulong seed, int epoch, int steps)
        {
            var data = new TokenStream(new int[200_001], 4, steps, seed, randomSteps: true);
            data.StepsInEpoch(7);
            return [.. Enumerable.Range(0, data.StepsInEpoch(epoch)).Select(i => data.Batch(epoch, i).Steps)];
        }

        int[] lengths = Lengths(3, 0, 60)[..^1];
        Assert.Equal(lengths, Lengths(3, 0, 60)[..^1]);
        Assert.NotEqual(lengths, Lengths(3, 1, 60)[..^1]);
        Assert.NotEqual(lengths, Lengths(4, 0, 60)[..^1]);
        Assert.All(lengths, length => Assert.InRange(length, 5, 80));
        int[] longer = [.. lengths.Where(length => length > 45)];
        Assert.InRange((lengths.Length - longer.Length) / (double)lengths.Length, 0.03, 0.07);
        Assert.InRange(longer.Average(), 59, 61);
        Assert.InRange(Math.Sqrt(longer.Average(length => Math.Pow(length - longer.Average(), 2))), 4.5, 5.5);
        Assert.InRange(lengths.Where(length => length <= 45).Average(), 28, 32);

        // Where most lengths would be too short or too long.
        Assert.All(Lengths(3, 0, 10)[..^1], length => Assert.InRange(length, 5, 30));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_stream_needs_two_tokens(int count)
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => new TokenStream(new int[count], 4, 4, 1));
        Assert.Contains("at least 2", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(1)]
    public void Every_line_is_seen_whole_once_an_epoch(int batchSize)
    {
        const int Bos = 900, End = 901;
        int[][] lines = [.. Enumerable.Range(0, 57).Select(i => Enumerable.Range(i * 10, (i * 7 % 23) + (i == 5 ? 90 : 0)).ToArray())];
        var data = new LineSamples(lines, Bos, End, batchSize, bptt: 16, seed: 3);
        foreach (int epoch in (int[])[0, 1])
        {
            var seen = new List<string>();
            var current = new List<int>[8];
            for (int i = 0; i < data.StepsInEpoch(epoch); i++)
            {
                TokenBatch batch = data.Batch(epoch, i);
                for (int b = 0; b < batch.Lanes; b++)
                {
                    if (batch.StartsFresh) current[b] = [];
                    for (int t = 0; t < batch.Steps; t++)
                    {
                        int target = batch.Targets[(t * batch.Lanes) + b], input = batch.Inputs[(t * batch.Lanes) + b];
                        if (target == TokenBatch.Ignored) continue;
                        Assert.Equal(current[b].Count == 0 ? Bos : current[b][^1], input);
                        current[b].Add(target);
                        if (target == End) seen.Add(string.Join(' ', current[b]));
                    }
                }
            }

            Assert.Equal(lines.Select(l => string.Join(' ', l.Append(End))).Order(), seen.Order());
        }

        Assert.Equal(lines.Sum(l => l.Length + 1), data.TokensPerEpoch);
    }

    // Lines that stand alone: each token predicts the next one of its line, and nothing else is read or predicted.
    [Theory]
    [InlineData(8, false)]
    [InlineData(1, false)]
    [InlineData(3, true)]
    public void Of_lines_that_stand_alone_each_token_but_the_first_is_predicted_once(int batchSize, bool masked)
    {
        const int Prompt = 1, Ai = 2, End = 3;
        AnswerMask? mask = masked ? new AnswerMask(Prompt, Ai, End) : null;
        int[][] lines =
        [
            .. Enumerable.Range(0, 57).Select(
                i => Enumerable.Range(0, (i * 7 % 23) + (i == 5 ? 90 : 2)).Select(k => k == 1 ? Ai : (i * 100) + k + 10).ToArray()),
        ];
        var data = new LineSamples(lines, -1, -1, batchSize, bptt: 16, seed: 3, mask);
        foreach (int epoch in (int[])[0, 1])
        {
            var seen = new List<(int, int)>();
            for (int i = 0; i < data.StepsInEpoch(epoch); i++)
            {
                TokenBatch batch = data.Batch(epoch, i);
                Assert.InRange(batch.Steps, 1, 16);
                for (int at = 0; at < batch.Inputs.Length; at++)
                {
                    if (batch.Targets[at] != TokenBatch.Ignored) seen.Add((batch.Inputs[at], batch.Targets[at]));
                }
            }

            IEnumerable<(int, int)> expected = lines.SelectMany(line => line.Zip(line[1..])).Where(pair => !masked || pair.Second != Ai);
            Assert.Equal(expected.Order(), seen.Order());
            Assert.Equal(seen.Count, data.TokensPerEpoch);
        }
    }

    // Fifty million lines: an order of them that is written down would take 200 MB an epoch.
    [Fact]
    public void The_order_of_lines_takes_no_memory_that_grows_with_them()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var data = new LineSamples(new ManyLines(50_000_000), 900, 901, batchSize: 64, bptt: 16, seed: 1);
        int steps = data.StepsInEpoch(0);
        Assert.Equal(781_250, steps);
        string first = string.Join(' ', data.Batch(0, 0).Targets), last = string.Join(' ', data.Batch(0, steps - 1).Targets);
        Assert.NotEqual(first, last);
        Assert.Equal(first, string.Join(' ', data.Batch(0, 0).Targets));
        Assert.NotEqual(first, string.Join(' ', data.Batch(1, 0).Targets));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50_000_000);
    }

    // Line i is [i mod 1000].
    private sealed class ManyLines(int count) : ITokenLines
    {
        public int Count => count;

        public int[] this[int line] => [line % 1000];

        public int LengthOf(int line) => 1;
    }

    [Fact]
    public void Lines_are_shuffled_by_epoch_and_seed_alone()
    {
        int[][] lines = [.. Enumerable.Range(0, 200).Select(i => new[] { i })];
        static string Order(LineSamples data, int epoch) =>
            string.Join(' ', Enumerable.Range(0, data.StepsInEpoch(epoch)).SelectMany(i => data.Batch(epoch, i).Targets.ToArray()));
        LineSamples New(ulong seed) => new(lines, 900, 901, 4, 16, seed);
        Assert.Equal(Order(New(1), 2), Order(New(1), 2));
        Assert.NotEqual(Order(New(1), 1), Order(New(1), 2));
        Assert.NotEqual(Order(New(1), 1), Order(New(2), 1));
    }

    [Fact]
    public void Schedules_rise_to_the_peak_and_end_on_the_minimum()
    {
        foreach (ScheduleKind kind in Enum.GetValues<ScheduleKind>())
        {
            var schedule = new LearningRateSchedule(kind, 1e-2, 1e-4, Warmup: 10, Total: 1000);
            Assert.InRange(schedule.At(0), 1e-4, 1.1e-3);
            Assert.Equal(1e-2, schedule.At(10), 1e-6);
            Assert.Equal(kind is ScheduleKind.Constant or ScheduleKind.Plateau ? 1e-2 : 1e-4, schedule.At(1000), 1e-6);
            for (int s = 11; s <= 1000; s++) Assert.True(schedule.At(s) <= schedule.At(s - 1) + 1e-12);
        }

        Assert.Equal(1e-2, new LearningRateSchedule(ScheduleKind.Cosine, 1e-2, 0, Warmup: 100, Total: 20).At(2), 1e-6);
    }
}
