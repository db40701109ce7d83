// What all servers here have in common: Kestrel with its limits, errors that are answered, and who may ask.

using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace GruLM.Server;

/// <summary>Makes and starts what listens.</summary>
internal static class Listener
{
    // How long a request's head may take, and a connection that asks for nothing may stay.
    private static readonly TimeSpan s_headTime = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_idleTime = TimeSpan.FromMinutes(2);

    /// <summary>A server that answers nothing yet but errors, and lets those in who may ask.</summary>
    /// <remarks>An empty builder reads no files and no variables of the environment: what is not said here does not hold.</remarks>
    public static WebApplication Build(ServerOptions options, Action<Exception> tell)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Limit(kestrel, options));

        // An answer is sent by the thread that has written it: a token a time it is not worth another one's while.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.Services.AddRoutingCore();
        WebApplication app = builder.Build();
        app.Use(next => new ErrorAnswers(next, tell).Handle);
        app.Use(next => new Guard(next, options).Handle);
        return app;
    }

    /// <summary>Begins to listen; where, is the answer.</summary>
    /// <exception cref="IOException">The address is not this machine's, or the port is taken or not for this program.</exception>
    public static async Task<Uri> Start(WebApplication app, ServerOptions options, CancellationToken cancel)
    {
        try
        {
            await app.StartAsync(cancel).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            throw new IOException($"cannot listen at {new IPEndPoint(options.Address, options.Port)}: {Reason(error)}", error);
        }

        return new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    private static string Reason(Exception error) => (error as SocketException)?.SocketErrorCode switch
    {
        // Kestrel tells of a taken port by an exception of its own.
        null or SocketError.AddressAlreadyInUse => "another program is there; choose another port, or 0 for a free one",
        SocketError.AddressNotAvailable => "that is no address of this machine",
        SocketError.AccessDenied => "that port is for programs with more rights; choose one above 1023, or 0 for a free one",
        _ => error.Message,
    };

    private static void Limit(KestrelServerOptions kestrel, ServerOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.MaxRequestBytes;
        kestrel.Limits.RequestHeadersTimeout = s_headTime;
        kestrel.Limits.KeepAliveTimeout = s_idleTime;
        kestrel.Listen(new IPEndPoint(options.Address, options.Port));
    }
}
