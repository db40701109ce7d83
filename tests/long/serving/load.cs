// Loads a server of `grulm serve` from outside: many streams at once, readers who leave midway, one who asks beside many. Tells tokens per
// second of the server's processor time, memory per stream, and the time to the first token. Ends with exit code 1 where a stream has an
// error, or where readers who left leave anything behind.
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

// What may be left behind by all who leave: nothing at work, no thread but those of the pool's own coming and going, and no memory beyond
// what the garbage collector keeps for itself, which is less than a kilobyte for each of 10,000.
const int mostThreads = 4;
const long mostKilobytes = 10_000;
const double mostSeconds = 0.1;
var failures = new List<string>();
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
    Check(written.All(count => count > 0), "a stream ended with an error");
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

// Readers who leave midway, of every interface, whole answers too. What the first of them warm up is none of what all of them leave behind.
string[] addresses = ["/v1/completions", "/v1/chat/completions", "/v1/responses", "/api/generate", "/v1/completions"];
string[] requests =
[
    """{"prompt":"ROMEO:","max_tokens":1000000,"ignore_eos":true,"stream":true}""",
    """{"messages":[{"role":"user","content":"ROMEO:"}],"max_tokens":1000000,"ignore_eos":true,"stream":true}""",
    """{"input":"ROMEO:","max_output_tokens":1000000,"ignore_eos":true,"stream":true}""",
    """{"prompt":"ROMEO:","options":{"num_predict":-1,"ignore_eos":true}}""",
    """{"prompt":"ROMEO:","max_tokens":1000000,"ignore_eos":true,"n":2}""",
];
var random = new Random(1);
await CutOff(1000);
await Task.Delay(3000);
long threads = Threads();
memory = Memory();
await CutOff(cut);
watch.Restart();
while (await AtWork() > 0 && watch.Elapsed < TimeSpan.FromSeconds(3)) await Task.Delay(50);
double ended = watch.Elapsed.TotalSeconds;
await Task.Delay(3000);
processor = ProcessorTime();
await Task.Delay(2000);
double idle = ProcessorTime() - processor;
Console.WriteLine(
    $"{cut} cut off: {await AtWork()} at work (0 after {ended:0.0} s), memory {memory / 1024} MB before and {Memory() / 1024} MB after, "
    + $"threads {threads} and {Threads()}, {idle:0.00} s of processor in the 2 s after");
Check(await AtWork() == 0, "requests or texts are left at work");
Check(Threads() <= threads + mostThreads, $"more than {mostThreads} threads are left");
Check(Memory() <= memory + mostKilobytes, $"more than {mostKilobytes} KB are left");
Check(idle <= mostSeconds, "the server is at work for nobody");
await Stream(1, 10, CancellationToken.None);
foreach (string failure in failures) Console.WriteLine($"FAILED: {failure}");
return failures.Count == 0 ? 0 : 1;

async Task CutOff(int count)
{
    for (int done = 0; done < count; done += 100)
    {
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(random.Next(1, 300)));
            await Quietly(() => Send(addresses[i % addresses.Length], requests[i % requests.Length], stop.Token));
        }));
    }
}

async Task Send(string path, string json, CancellationToken cancel)
{
    using var request = new HttpRequestMessage(HttpMethod.Post, path);
    request.Content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
    using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
    Check(response.IsSuccessStatusCode, $"{path}: {response.StatusCode}");
    using Stream body = await response.Content.ReadAsStreamAsync(cancel);
    await body.CopyToAsync(System.IO.Stream.Null, cancel);
}

// Requests at work or waiting, and texts: what /metrics shows as present.
async Task<double> AtWork()
{
    string[] names = ["grulm_server_texts ", "grulm_server_requests_active ", "grulm_server_requests_waiting "];
    string[] lines = (await client.GetStringAsync("/metrics")).Split('\n');
    return names.Sum(name => double.Parse(
        lines.Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..], CultureInfo.InvariantCulture));
}

void Check(bool holds, string otherwise)
{
    lock (failures)
    {
        if (!holds && !failures.Contains(otherwise)) failures.Add(otherwise);
    }
}

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
        // That is what was asked for.
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
