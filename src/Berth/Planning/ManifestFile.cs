using System.Text.Json;
using Berth.Host;

namespace Berth.Planning;

/// <summary>The manifest on disk.</summary>
public sealed class ManifestFile(Files files)
{
    public const string Folder = "/var/lib/berth";
    public const string Path = Folder + "/manifest.json";

    /// <exception cref="InvalidDataException">It is there and cannot be understood.</exception>
    public Manifest Read()
    {
        if (files.Text(Path) is not { } text)
            return Manifest.Empty;
        try
        {
            return JsonSerializer.Deserialize(text, PlanJsonContext.Default.Manifest) ?? Manifest.Empty;
        }
        catch (JsonException wrong)
        {
            throw new InvalidDataException(
                $"{Path} cannot be read ({wrong.Message}); move it aside and run 'berth apply --overwrite-drift' to take the files over again",
                wrong
            );
        }
    }

    public void Write(Manifest manifest) =>
        files.WriteState(Path, JsonSerializer.SerializeToUtf8Bytes(manifest, PlanJsonContext.Default.Manifest));
}
