using System.Text.Json;
using System.Text.Json.Serialization;
using Berth.Servers;

namespace Berth.Embedded;

/// <summary>What <c>berth up</c> keeps between two runs, below <c>$XDG_STATE_HOME/berth</c> (default
/// <c>~/.local/state/berth</c>): ports, and for each person a home, a log and generated secrets.</summary>
internal sealed class StateFolder
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public StateFolder(string root)
    {
        Root = root;
        Directory.CreateDirectory(root, Private);
    }

    public string Root { get; }

    public static StateFolder OfInvoker()
    {
        var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        if (string.IsNullOrEmpty(state))
            state = Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
        return new StateFolder(Path.Join(state, "berth"));
    }

    public string Home(string user)
    {
        var home = Path.Join(Root, "users", user, "home");
        Directory.CreateDirectory(home, Private);
        return home;
    }

    /// <summary>Of the gateway: who is signed in, its control socket, its access log.</summary>
    public string Gateway()
    {
        var folder = Path.Join(Root, "gateway");
        Directory.CreateDirectory(folder, Private);
        return folder;
    }

    public string Log(string user) => Path.Join(Root, "users", user, "server.log");

    public string SecretFile(string user) => Path.Join(Root, "users", user, "secrets.env");

    /// <summary>The generated secrets of one person, made at their first start.</summary>
    public Dictionary<string, string> Secrets(string user, IReadOnlyList<string> variables)
    {
        var file = SecretFile(user);
        if (variables.Count > 0 && variables.Any(variable => Servers.Secrets.Value(file, variable) is null))
        {
            using var stream = new FileStream(
                file,
                new FileStreamOptions
                {
                    Mode = FileMode.Create,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            );
            using var writer = new StreamWriter(stream);
            writer.Write(Servers.Secrets.Generate(variables));
        }
        return variables.ToDictionary(
            variable => variable,
            variable => Servers.Secrets.Value(file, variable) ?? "",
            StringComparer.Ordinal
        );
    }

    public Dictionary<string, int> Ports()
    {
        try
        {
            return JsonSerializer.Deserialize(
                    File.ReadAllText(PortsFile),
                    StateJsonContext.Default.DictionaryStringInt32
                ) ?? [];
        }
        catch (Exception absent) when (absent is IOException or JsonException)
        {
            // Ports are a convenience: without the memory of them, people get the first free ones.
            return [];
        }
    }

    public void Remember(IReadOnlyDictionary<string, int> ports) =>
        File.WriteAllText(
            PortsFile,
            JsonSerializer.Serialize(
                ports.ToDictionary(StringComparer.Ordinal),
                StateJsonContext.Default.DictionaryStringInt32
            )
        );

    private string PortsFile => Path.Join(Root, "ports.json");
}

[JsonSerializable(typeof(Dictionary<string, int>))]
internal sealed partial class StateJsonContext : JsonSerializerContext;
