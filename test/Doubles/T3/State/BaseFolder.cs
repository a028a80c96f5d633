using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Berth.Doubles.T3;

/// <summary>What stands in for the real one's <c>BASE/userdata</c> with its database: small files, so that the server and
/// the command line, two processes, share sessions and credentials.</summary>
internal sealed class BaseFolder
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string _userdata;

    public BaseFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        _userdata = System.IO.Path.Join(Path, "userdata");
        foreach (var folder in (string[])["secrets", "sessions", "pairing"])
            Directory.CreateDirectory(At(folder));
        Key = Kept("secrets/server-signing-key.bin", () => RandomNumberGenerator.GetBytes(32));
        EnvironmentId = Encoding.UTF8.GetString(
            Kept("environment-id", () => Encoding.UTF8.GetBytes(Guid.NewGuid().ToString()))
        );
    }

    public string Path { get; }

    public byte[] Key { get; }

    public string EnvironmentId { get; }

    public string CookieName(CookieGeneration generation, int port) =>
        generation switch
        {
            CookieGeneration.Plain => "t3_session",
            CookieGeneration.Loopback =>
                $"t3_session_{port.ToString(CultureInfo.InvariantCulture)}_{Hash(_userdata)[..12]}",
            _ => $"t3_session_{Hash(EnvironmentId)[..12]}",
        };

    public void Put(string kind, string name, JsonObject entry) =>
        Write(At($"{kind}/{Hash(name)}"), entry.ToJsonString());

    public JsonObject? Get(string kind, string name)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(At($"{kind}/{Hash(name)}")))?.AsObject();
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Gives an entry to one taker alone, whoever else asks in the same moment.</summary>
    public JsonObject? Take(string kind, string name)
    {
        var taken = At($"{kind}/{Hash(name)}.{Guid.NewGuid():N}");
        try
        {
            File.Move(At($"{kind}/{Hash(name)}"), taken);
        }
        catch (IOException)
        {
            return null;
        }
        var entry = JsonNode.Parse(File.ReadAllText(taken))?.AsObject();
        File.Delete(taken);
        return entry;
    }

    public void Remove(string kind, string name) => File.Delete(At($"{kind}/{Hash(name)}"));

    public void Clear(string kind)
    {
        foreach (var file in Directory.EnumerateFiles(At(kind)))
            File.Delete(file);
    }

    /// <summary>Where it runs; the real one takes this away when it ends in order.</summary>
    public void Running(JsonObject? runtime)
    {
        if (runtime is null)
            File.Delete(At("server-runtime.json"));
        else
            Write(At("server-runtime.json"), runtime.ToJsonString());
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private string At(string name) => System.IO.Path.Join(_userdata, name);

    private byte[] Kept(string name, Func<byte[]> make)
    {
        var file = At(name);
        if (!File.Exists(file))
            Write(file, make());
        return File.ReadAllBytes(file);
    }

    private static void Write(string file, string text) => Write(file, Encoding.UTF8.GetBytes(text));

    private static void Write(string file, byte[] content)
    {
        var temporary = $"{file}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = Private,
        };
        using (var stream = new FileStream(temporary, options))
            stream.Write(content);
        File.Move(temporary, file, overwrite: true);
    }
}
