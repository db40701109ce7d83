// Loads a server of `grulm serve` from outside: many streams at once, readers who leave midway, one who asks beside many. Tells tokens per
// second of the server's processor time, memory per stream, and the time to the first token.
#:property PublishAot=false
#:property TieredPGO=false

using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

string address = args[0];
int server = int.Parse(args[1], CultureInfo.InvariantCulture);
int streams = int.Parse(args[2], CultureInfo.InvariantCulture), tokens = int.Parse(args[3], CultureInfo.InvariantCulture);
int cut = int.Parse(args[4], CultureInfo.InvariantCulture);
using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue }) { Timeout = Timeout.InfiniteTimeSpan };
client.BaseAddress = new Uri(address);

// Until all of the server is compiled.
for (int i = 0; i < 3; i++) await Task.WhenAll(Enumerable.Range(0, 64).Select(j => Stream(j, 150, CancellationToken.None)));
long memory = Memory();
Console.WriteLine($"memory before: {memory / 1024} MB, threads {Threads()}");

double processor = ProcessorTime();
var watch = Stopwatch.StartNew();
long peak = 0;
using (new Timer(_ => peak = Math.Max(peak, Memory()), null, 0, 50))
{
    int[] written = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Stream(i, tokens, CancellationToken.None)));
    double seconds = watch.Elapsed.TotalSeconds, used = ProcessorTime() - processor;
    Console.WriteLine(
        $"64 streams: {written.Sum() / seconds:0} tokens/s, {written.Sum() / used:0} tokens a processor second of the server");
}

// 1,000 streams: no error, and what a stream takes.
(processor, peak) = (ProcessorTime(), 0);
watch.Restart();
using (new Timer(_ => peak = Math.Max(peak, Memory()), null, 0, 50))
{
    int[] written = await Task.WhenAll(Enumerable.Range(0, streams).Select(i => Stream(i, tokens / 4, CancellationToken.None)));
    double seconds = watch.Elapsed.TotalSeconds, used = ProcessorTime() - processor;
    Console.WriteLine(
        $"{streams} streams: {written.Count(count => count > 0)} without error, {written.Sum() / seconds:0} tokens/s, "
        + $"{written.Sum() / used:0} a processor second, {(peak - memory) / (double)streams:0} KB a stream at most");
}

// Time to the first token beside 64 busy streams.
using (var stop = new CancellationTokenSource())
{
    Task[] busy = [.. Enumerable.Range(0, 64).Select(i => Quietly(() => Stream(i, 1_000_000, stop.Token)))];
    await Task.Delay(2000);
    var first = new List<double>();
    for (int i = 0; i < 40; i++)
    {
        watch.Restart();
        await Stream(i, 2, CancellationToken.None, () => first.Add(watch.Elapsed.TotalMilliseconds));
    }

    first.Sort();
    Console.WriteLine($"first token beside 64 streams: median {first[20]:0.0} ms, 19 of 20 within {first[37]:0.0} ms");
    await stop.CancelAsync();
    await Task.WhenAll(busy);
}

// Readers who leave midway.
var random = new Random(1);
for (int done = 0; done < cut; done += 100)
{
    await Task.WhenAll(Enumerable.Range(0, 100).Select(i =>
    {
        var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(random.Next(1, 300)));
        return Quietly(() => Stream(i, 1_000_000, stop.Token));
    }));
}

await Task.Delay(3000);
processor = ProcessorTime();
await Task.Delay(2000);
Console.WriteLine(
    $"{cut} cut off: memory {Memory() / 1024} MB, threads {Threads()}, {ProcessorTime() - processor:0.00} s of processor in the 2 s after");

async Task<int> Stream(int seed, int most, CancellationToken cancel, Action? begun = null)
{
    string json = $$"""{"prompt":"ROMEO: {{seed}}","max_tokens":{{most}},"seed":{{seed}},"ignore_eos":true,"stream":true}""";
    using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions");
    request.Content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
    using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
    if (!response.IsSuccessStatusCode) return 0;
    using Stream body = await response.Content.ReadAsStreamAsync(cancel);
    byte[] buffer = new byte[1 << 14], end = "data: [DONE]"u8.ToArray();
    bool isWhole = false;
    for (int count, events = 0; (count = await body.ReadAsync(buffer, cancel)) > 0;)
    {
        isWhole |= buffer.AsSpan(0, count).IndexOf(end) >= 0;

        // The first event has no text yet.
        int before = events;
        events += buffer.AsSpan(0, count).Count("data: "u8);
        if (before < 2 && events >= 2) begun?.Invoke();
    }

    return isWhole ? most : 0;
}

static async Task Quietly(Func<Task> work)
{
    try
    {
        await work();
    }
    catch (OperationCanceledException)
    {
    }
}

double ProcessorTime()
{
    string[] fields = File.ReadAllText($"/proc/{server}/stat").Split(") ")[1].Split(' ');
    return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / 100.0;
}

long Memory() => Status("VmRSS:");

long Threads() => Status("Threads:");

long Status(string name) => long.Parse(
    File.ReadLines($"/proc/{server}/status").First(line => line.StartsWith(name, StringComparison.Ordinal))
        .Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries)[1],
    CultureInfo.InvariantCulture);
