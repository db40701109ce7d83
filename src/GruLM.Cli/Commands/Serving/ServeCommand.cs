// grulm serve: models over HTTP, until Ctrl-C. The server is a library's (GruLM.Server); here are its flags, and what is said of it.

using System.CommandLine;
using GruLM.Server;

namespace GruLM.Cli.Commands;

internal static class ServeCommand
{
    public static GrulmCommand Create()
    {
        Option<string[]> models = Flags.List(
            "--model", "DIR|NAME=DIR", "a model folder, and the name to serve it by (default: the folder's); several may be given", "-m");
        models.Required = true;
        var server = new ServeFlags();
        Option<string> weights = Flags.Weights("auto is int8, on a card fp32");
        Option<string> device = Flags.Device();
        Option<int?> threads = Flags.Threads();
        return new GrulmCommand(
            "serve",
            "Serve models over HTTP, by the interfaces of OpenAI and Ollama. Without --host only this machine reaches it.",
            [
                "grulm serve --model model",
                "grulm serve --model small=model large=other --port 9000 --host 0.0.0.0 --api-key-file keys.txt",
            ],
            [models, .. server.Options, weights, device, threads],
            (flags, session) =>
            {
                ServerOptions options = server.Read(flags);
                KeyValuePair<string, string>[] named = [.. flags.GetValue(models)!.Select(Named)];
                if (named.Length == 0)
                {
                    throw new UsageException(ProgramName.In("--model is required for 'grulm serve'; see 'grulm serve --help'"));
                }

                var opened = new List<KeyValuePair<string, LanguageModel>>();
                try
                {
                    foreach ((string name, string folder) in named)
                    {
                        var model = LanguageModel.Open(
                            folder, flags.GetValue(threads) ?? 0, flags.GetValue(device)!, Flags.WeightsOf(flags.GetValue(weights)!));
                        opened.Add(new(name, model));
                    }

                    Serve(opened, options, session).GetAwaiter().GetResult();
                }
                finally
                {
                    foreach ((_, LanguageModel model) in opened) model.Dispose();
                }

                return ExitCode.Done;
            });
    }

    private static async Task Serve(IReadOnlyList<KeyValuePair<string, LanguageModel>> models, ServerOptions options, Session session)
    {
        var server = new ModelServer(models, options, error => session.Error.WriteLine($"grulm: a request failed: {error}"));
        await using (server.ConfigureAwait(false))
        {
            await server.StartAsync(session.Stop).ConfigureAwait(false);
            Tell(server, models, options, session.Error);
            await Task.Delay(Timeout.Infinite, session.Stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            using IDisposable hold = session.Deadline.Hold();
            if (server.Requests > 0)
            {
                session.Error.WriteLine(
                    $"finishing {server.Requests} requests, for {options.ShutdownTime.TotalSeconds:0} s at most; Ctrl-C again ends them");
            }

            await server.StopAsync().ConfigureAwait(false);
        }
    }

    private static void Tell(
        ModelServer server, IReadOnlyList<KeyValuePair<string, LanguageModel>> models, ServerOptions options, TextWriter output)
    {
        foreach ((string name, LanguageModel model) in models) output.WriteLine($"{name}: {model.Folder}");
        if (options.StateKey is null) output.WriteLine("states that are given out end with this process; --state-key FILE keeps them good");
        if (options.ApiKeys.Count == 0) output.WriteLine("no key is needed to ask; only this machine can");
        string address = server.Address.ToString().TrimEnd('/');
        output.WriteLine($"serving at {address}; Ctrl-C stops it");
    }

    private static KeyValuePair<string, string> Named(string given)
    {
        int equals = given.IndexOf('=');
        bool isNamed = equals > 0 && !given.AsSpan(0, equals).ContainsAny('/', '\\');
        (string name, string folder) = isNamed ? (given[..equals], given[(equals + 1)..]) : ("", given);
        if (folder.Length == 0) throw new UsageException($"--model '{given}': a folder was expected, or NAME=DIR");
        if (name.Length == 0) name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        return new(name.Length == 0 ? "model" : name, folder);
    }
}
