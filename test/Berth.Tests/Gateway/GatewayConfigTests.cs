using System.Text.Json;
using System.Text.Json.Nodes;
using Berth.Rosters;
using Berth.Servers;
using Xunit;

namespace Berth.Gateway;

public sealed class GatewayConfigTests
{
    private static readonly GatewayConfig s_config = new(
        new GatewaySettings("127.0.0.1:3780", IdentitySettings.Link),
        [
            new Route(
                "alice",
                "alice",
                1000,
                "t3",
                "t3",
                ReadyCheck.Tcp,
                "127.0.0.1",
                3773,
                "/home/alice",
                RouteState.Serving
            ),
        ]
    );

    [Fact]
    public void What_apply_writes_is_what_the_gateway_reads() =>
        Assert.Equal(s_config.ToJson(), GatewayConfig.Parse(s_config.ToJson()).ToJson());

    [Theory]
    [InlineData("proxies")]
    [InlineData("identity", "claim")]
    [InlineData("identity", "session-days")]
    public void What_another_version_wrote_is_refused_and_not_half_understood(params string[] missing)
    {
        var text = JsonNode.Parse(s_config.ToJson())!;
        var at = missing[..^1].Aggregate(text["gateway"]!, (node, key) => node[key]!);
        Assert.True(at.AsObject().Remove(missing[^1]));
        Assert.Throws<JsonException>(() => GatewayConfig.Parse(text.ToJsonString()));
    }
}
