using System.Text.Json;
using System.Text.Json.Serialization;

namespace Berth.Rosters;

/// <summary>The people of a roster as a program reads them.</summary>
public static class UsersJson
{
    public static string Render(Roster roster) =>
        JsonSerializer.Serialize(
            [
                .. roster.Users.Select(user => new UserDocument(
                    user.Name,
                    user.Login,
                    user.Server,
                    user.Memory.ToString(),
                    user.SessionMemory.ToString(),
                    user.PaneMemory.ToString(),
                    user.Admin,
                    user.Parked,
                    user.Removed,
                    user.Groups,
                    user.Port,
                    user.Uid
                )),
            ],
            UsersJsonContext.Default.IReadOnlyListUserDocument
        );
}

/// <param name="Memory">As the roster writes it, such as <c>16G</c> or <c>25%</c>; the other caps too.</param>
public sealed record UserDocument(
    string Name,
    string Login,
    string? Server,
    string Memory,
    string SessionMemory,
    string PaneMemory,
    bool Admin,
    bool Parked,
    bool Removed,
    IReadOnlyList<string> Groups,
    int? Port,
    int? Uid
);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<UserDocument>))]
public sealed partial class UsersJsonContext : JsonSerializerContext;
