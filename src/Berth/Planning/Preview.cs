using Berth.Host;
using Berth.Rosters;

namespace Berth.Planning;

/// <summary>Looks at the host and plans. Writes nothing.</summary>
public sealed class Preview(HostPaths paths, ProcessRunner run)
{
    public Files Files { get; } = new(paths);

    public ManifestFile ManifestFile => new(Files);

    public Planned Of(Roster roster, PlanOptions options)
    {
        var manifest = ManifestFile.Read();
        var reader = new HostReader(paths, Files, run);
        var facts = reader.Read(roster, manifest);
        var desired = DesiredFiles.Of(roster, facts, manifest);
        var present = reader.Facts(desired.Files.Select(file => file.Path).Concat(manifest.Files.Keys));
        return new Planned(Planner.Of(roster, facts, desired, present, manifest, options), manifest, facts, desired);
    }

    public Planned OfUninstall(PlanOptions options)
    {
        var manifest = ManifestFile.Read();
        var reader = new HostReader(paths, Files, run);
        var nobody = new Roster(
            new HostSettings(null, false, null, true),
            null,
            null,
            new Dictionary<string, ServerSettings>(StringComparer.Ordinal),
            new DefaultSettings(null, new Size(0, 25), new Size(0, 25), new Size(0, 25)),
            []
        );
        var facts = reader.Read(nobody, manifest);
        var plan = UninstallPlan.Of(facts, reader.Facts(manifest.Files.Keys), manifest, options);
        return new Planned(plan, manifest, facts, null);
    }
}

/// <summary>A plan and what it was made from.</summary>
public sealed record Planned(Plan Plan, Manifest Manifest, HostFacts Facts, Desired? Desired);
