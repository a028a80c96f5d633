namespace Berth.Planning;

/// <summary>Files: written where they are missing or ours and old, shown as drift where they are somebody else's,
/// removed where the roster no longer asks for them.</summary>
internal static class FileSteps
{
    public static void Add(
        PlanDraft draft,
        HostFacts facts,
        Desired desired,
        IReadOnlyDictionary<string, FileFact> files,
        Manifest manifest,
        PlanOptions options
    )
    {
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in desired.Files)
        {
            wanted.Add(file.Path);
            if (files.TryGetValue(file.Path, out var fact))
                Existing(draft, facts, file, fact, manifest.Files.GetValueOrDefault(file.Path), options);
            else
                draft.Steps.Add(new WriteFile(file, FileChange.Create));
        }
        Docker(draft, facts, manifest, wanted);
        foreach (var (path, managed) in manifest.Files)
        {
            if (!wanted.Contains(path))
                AddUnwanted(draft, path, managed, files.GetValueOrDefault(path), options);
        }
    }

    private static void Existing(
        PlanDraft draft,
        HostFacts facts,
        DesiredFile file,
        FileFact fact,
        ManagedFile? managed,
        PlanOptions options
    )
    {
        var owner = facts.Owner;
        var settled = fact.Kind == (file.Kind is FileKind.Link ? FileKind.Link : FileKind.Text) && fact.Uid == owner;
        var same = settled && (file.Kind is FileKind.Secret || fact.IsClosed || fact.Hash == file.Hash);
        if (same && fact.Mode == file.Mode && IsReadable(facts, file, fact))
        {
            if (managed is null)
                // As wanted already, but not remembered: an identical file is simply ours from now on.
                draft.Steps.Add(new WriteFile(file, FileChange.Update));
            else if (managed.Hashes.Count != 1 || managed.Hashes[0] != file.Hash)
                draft.Adopted[file.Path] = file.Hash;
            return;
        }
        if (same || (settled && managed is not null && managed.Hashes.Contains(fact.Hash, StringComparer.Ordinal)))
        {
            draft.Steps.Add(new WriteFile(file, FileChange.Update));
            return;
        }
        if (fact.Kind is not null && options.OverwriteDrift)
            draft.Steps.Add(new WriteFile(file, managed is null ? FileChange.Replace : FileChange.Update));
        else
            draft.Drift.Add(new Drift(file.Path, Difference(fact, owner, file, managed), file.User));
    }

    /// <summary>Whether it has the group that its reader needs.</summary>
    private static bool IsReadable(HostFacts facts, DesiredFile file, FileFact fact) =>
        file.Reader is null || fact.Gid < 0 || facts.GroupIds.GetValueOrDefault(file.Reader, fact.Gid) == fact.Gid;

    private static string Difference(FileFact fact, int owner, DesiredFile file, ManagedFile? managed) =>
        fact switch
        {
            { Kind: null } => "is neither a file nor a link",
            { Kind: FileKind.Link } when file.Kind is not FileKind.Link => "is a symbolic link",
            { Kind: FileKind.Text } when file.Kind is FileKind.Link => "is a file where a link should be",
            _ when fact.Uid != owner => $"belongs to uid {fact.Uid}, not to {(owner == 0 ? "root" : $"uid {owner}")}",
            _ when managed is null => "was there before and is not Berth's",
            _ => "was edited by hand",
        };

    /// <summary>Takes away a file of ours that is no longer asked for.</summary>
    public static void AddUnwanted(
        PlanDraft draft,
        string path,
        ManagedFile managed,
        FileFact? fact,
        PlanOptions options
    )
    {
        if (managed.Kind is FileKind.Merged)
            return;
        if (fact is null)
            draft.Forgotten.Add(path);
        else if (
            managed.Kind is FileKind.Secret
            || managed.Hashes.Contains(fact.Hash, StringComparer.Ordinal)
            || options.OverwriteDrift
        )
            draft.Steps.Add(new RemoveFile(path, managed.Kind, managed.Original, managed.User));
        else
            draft.Drift.Add(new Drift(path, "is no longer wanted, but was edited by hand", managed.User));
    }

    private static void Docker(PlanDraft draft, HostFacts facts, Manifest manifest, HashSet<string> wanted)
    {
        const string path = Containment.Containers.DaemonPath;
        wanted.Add(path);
        if (!facts.Docker)
            return;
        if (Containment.Containers.Merge(facts.DockerConfig, out var merged) is { } reason)
            draft.Drift.Add(new Drift(path, $"{reason}: containers stay outside {Containment.Containers.Slice}", null));
        else if (merged != facts.DockerConfig)
        {
            var file = new DesiredFile(
                path,
                merged,
                FileKind.Merged,
                0x1A4,
                null,
                "new containers start below the capped slice"
            );
            draft.Steps.Add(new WriteFile(file, facts.DockerConfig is null ? FileChange.Create : FileChange.Update));
            draft.Notes.Add(
                "docker reads its new cgroup-parent when it restarts (systemctl restart docker, interrupts containers unless live-restore is on); containers made before keep their place"
            );
        }
    }
}
