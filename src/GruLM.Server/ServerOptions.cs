// How a server is set up: what it serves, where it listens, who may ask, and how much.

using System.Net;

namespace GruLM.Server;

/// <summary>Settings of a <see cref="ModelServer"/>. Immutable as long as the collections given to it are not changed.</summary>
public sealed record ServerOptions
{
    /// <summary>The address to listen at. Only this machine reaches the default, <see cref="IPAddress.Loopback"/>.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port; 0 takes a free one.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>Keys, one of which each request must bear (<c>Authorization: Bearer KEY</c>); empty: none is needed, which is allowed on a
    /// loopback address alone.</summary>
    public IReadOnlyList<string> ApiKeys { get; init; } = [];

    /// <summary>Origins whose pages may ask, as browsers name them (<c>https://example.org</c>); empty: none but the server's
    /// own.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>What signs the states that are given out, 32 bytes; null: a key that ends with the server, and its states with
    /// it.</summary>
    public ReadOnlyMemory<byte>? StateKey { get; init; }

    /// <summary>Requests at work at the same time.</summary>
    public int MaxRequests { get; init; } = 1024;

    /// <summary>Requests that may wait for their turn; more are refused with 429.</summary>
    public int MaxWaiting { get; init; } = 1024;

    /// <summary>Bytes of a request.</summary>
    public int MaxRequestBytes { get; init; } = 4 << 20;

    /// <summary>Tokens that a text may be asked for; null: a million.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>How long a text may be written; it then ends as if its length had been reached. Null: as long as it takes.</summary>
    public TimeSpan? MaxTime { get; init; }

    /// <summary>Bytes of states behind the beginnings of prompts that are kept for prompts that begin alike, a model.</summary>
    public long PrefixBytes { get; init; } = 64L << 20;

    /// <summary>Replies of <c>/v1/responses</c> behind which the state is kept, a model, so that their ids can be gone on from; the
    /// one that was used longest ago is forgotten first.</summary>
    public int KeptResponses { get; init; } = 4096;

    /// <summary>How long texts may go on once the server is to stop; they then end as if their length had been reached.</summary>
    public TimeSpan ShutdownTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Throws <see cref="ArgumentException"/>, naming the property and what it may be, when one makes no sense.</summary>
    public void Validate()
    {
        if (Port is < 0 or > 65535) throw new ArgumentException($"'Port' is {Port}; it must be 0 (a free one) to 65535");
        if (ApiKeys.Any(string.IsNullOrWhiteSpace)) throw new ArgumentException("'ApiKeys' holds an empty key, which anybody could bear");
        if (AllowedOrigins.FirstOrDefault(origin => !IsOrigin(origin)) is { } wrong)
        {
            throw new ArgumentException($"'AllowedOrigins' holds '{wrong}', which is no origin; one is written as https://example.org");
        }

        if (ApiKeys.Count == 0 && !IPAddress.IsLoopback(Address))
        {
            throw new ArgumentException(
                $"'Address' is {Address}, which others reach: then 'ApiKeys' are needed, so that not everybody can ask");
        }

        if (StateKey is { Length: not StateKeyBytes } key)
        {
            throw new ArgumentException($"'StateKey' has {key.Length} bytes; {StateKeyBytes} were expected");
        }

        AtLeastOne(MaxRequests, nameof(MaxRequests));
        AtLeastOne(MaxRequestBytes, nameof(MaxRequestBytes));
        if (MaxTokens is { } tokens) AtLeastOne(tokens, nameof(MaxTokens));
        if (MaxWaiting < 0) throw new ArgumentException($"'MaxWaiting' is {MaxWaiting}; it must be 0 or more");
        if (KeptResponses < 0) throw new ArgumentException($"'KeptResponses' is {KeptResponses}; it must be 0 or more");
        if (MaxTime <= TimeSpan.Zero) throw new ArgumentException("'MaxTime' must be longer than nothing; leave it out for any time");
    }

    /// <summary>Bytes of a <see cref="StateKey"/>.</summary>
    public const int StateKeyBytes = 32;

    // As browsers write it: in small letters, without a path, and without the port that the scheme has anyway.
    private static bool IsOrigin(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out Uri? address) && address.GetLeftPart(UriPartial.Authority) == origin;

    private static void AtLeastOne(int value, string name)
    {
        if (value < 1) throw new ArgumentException($"'{name}' is {value}; it must be 1 or more");
    }
}
