using Microsoft.AspNetCore.Http;

namespace Berth.Gateway;

/// <summary>How people prove who they are: a signed header, a plain header on a trusted way, or Berth's own sign-in
/// link.</summary>
internal interface IIdentity
{
    /// <summary>Whom this request comes from. Called for every request: it allocates little and waits for nothing but a
    /// key it has not seen.</summary>
    ValueTask<Identified> WhoAsync(HttpContext context);

    /// <summary>Takes the evidence out of a request before it is sent on: no server ever sees what would let it act as
    /// its person elsewhere.</summary>
    void Strip(HttpRequestMessage request);
}
