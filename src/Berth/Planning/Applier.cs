using Berth.Host;

namespace Berth.Planning;

/// <summary>What became of one step.</summary>
/// <param name="Failure">Null when it was done; else why not, in one line.</param>
public sealed record StepResult(Step Step, string? Failure);

/// <summary>What an apply did.</summary>
/// <param name="Results">Every step that was tried, in order.</param>
/// <param name="Skipped">Steps of a user one of whose earlier steps had failed.</param>
public sealed record ApplyReport(IReadOnlyList<StepResult> Results, IReadOnlyList<Step> Skipped)
{
    public IEnumerable<StepResult> Failures => Results.Where(result => result.Failure is not null);
}

/// <summary>Does a plan. Everything it is about to write is in the manifest before the first byte is, so that a run
/// killed anywhere leaves nothing that the next one does not recognise as its own.</summary>
public sealed class Applier(Preview preview, StepRunner runner)
{
    /// <param name="planned">The plan, made under the lock.</param>
    /// <param name="progress">Told of each step before and after it.</param>
    public ApplyReport Apply(Planned planned, Action<Step, StepResult?> progress)
    {
        var (plan, before) = (planned.Plan, planned.Manifest);
        preview.Files.SweepStaging();
        if (plan.IsEmpty && Same(plan.Next, before))
            return new ApplyReport([], []);
        var folders = NewFolders(plan, before);
        preview.ManifestFile.Write(Intention(before, plan.Next) with { Folders = folders });
        var results = new List<StepResult>();
        var skipped = new List<Step>();
        var failed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var step in plan.Steps)
        {
            if (step.User is { } user && failed.Contains(user))
            {
                skipped.Add(step);
                continue;
            }
            progress(step, null);
            var result = new StepResult(step, runner.Run(step));
            progress(step, result);
            results.Add(result);
            if (result.Failure is not null && step.User is { } owner)
                failed.Add(owner);
        }
        var report = new ApplyReport(results, skipped);
        folders = Emptied(plan, folders);
        Finish(Outcome(before, plan.Next, report) with { Folders = folders });
        return report;
    }

    private static bool Same(Manifest a, Manifest b) =>
        !b.Unfinished
        && a.Files.Count == b.Files.Count
        && a.Files.All(pair =>
            b.Files.TryGetValue(pair.Key, out var other)
            && pair.Value.Hashes.SequenceEqual(other.Hashes, StringComparer.Ordinal)
        )
        && a.Ports.Count == b.Ports.Count
        && a.Ports.All(pair => b.Ports.TryGetValue(pair.Key, out var port) && port == pair.Value)
        && a.Accounts.Count == b.Accounts.Count
        && a.Accounts.All(pair => b.Accounts.TryGetValue(pair.Key, out var other) && pair.Value == other)
        && a.Launched.Count == b.Launched.Count
        && a.SystemAccounts.SequenceEqual(b.SystemAccounts, StringComparer.Ordinal);

    /// <summary>Before and after at once: whatever the run gets to, the files it leaves are known.</summary>
    private static Manifest Intention(Manifest before, Manifest next)
    {
        var files = before.Files.ToDictionary(StringComparer.Ordinal);
        foreach (var (path, file) in next.Files)
        {
            files[path] = files.TryGetValue(path, out var old)
                ? file with
                {
                    Hashes = [.. old.Hashes.Union(file.Hashes, StringComparer.Ordinal)],
                    Original = old.Original || file.Original,
                }
                : file;
        }
        var accounts = before.Accounts.ToDictionary(StringComparer.Ordinal);
        foreach (var (name, account) in next.Accounts)
        {
            var old = accounts.GetValueOrDefault(name);
            accounts[name] = new ManagedAccount(
                account.Created || old is { Created: true },
                account.Locked || old is { Locked: true }
            );
        }
        return before with
        {
            Files = files,
            Accounts = accounts,
            Ports = next.Ports,
            SystemAccounts = [.. before.SystemAccounts.Union(next.SystemAccounts, StringComparer.Ordinal)],
            Unfinished = true,
        };
    }

    private static Manifest Outcome(Manifest before, Manifest next, ApplyReport report)
    {
        var undone = report.Failures.Select(result => result.Step).Concat(report.Skipped).ToList();
        if (undone.Count == 0)
            return next;
        var intention = Intention(before, next);
        var files = next.Files.ToDictionary(StringComparer.Ordinal);
        var accounts = next.Accounts.ToDictionary(StringComparer.Ordinal);
        var launched = next.Launched.ToDictionary(StringComparer.Ordinal);
        var systemAccounts = next.SystemAccounts;
        foreach (var step in undone)
        {
            switch (step)
            {
                case WriteFile { File.Path: var path } when before.Files.ContainsKey(path):
                    files[path] = intention.Files[path];
                    break;
                case WriteFile { File.Path: var path }:
                    files.Remove(path);
                    break;
                case RemoveFile { Path: var path }:
                    files[path] = intention.Files[path];
                    break;
                case CreateAccount { Name: var name }:
                    accounts.Remove(name);
                    break;
                case SetLock { Name: var name } when before.Accounts.TryGetValue(name, out var account):
                    accounts[name] = account;
                    break;
                case MakeSystemAccount or RemoveGatewayState:
                    systemAccounts = before.SystemAccounts;
                    break;
                case StartServer { Unit: var unit }:
                    launched.Remove(unit);
                    break;
                case RestartServer { Unit: var unit } when before.Launched.TryGetValue(unit, out var hash):
                    launched[unit] = hash;
                    break;
                default:
                    break;
            }
        }
        // An activation that failed is tried again by the next run even when no file differs then.
        var unfinished = undone.Any(step => step.Phase is Phase.Activate);
        return next with
        {
            Files = files,
            Accounts = accounts,
            Launched = launched,
            SystemAccounts = systemAccounts,
            Unfinished = unfinished,
        };
    }

    private List<string> NewFolders(Plan plan, Manifest before)
    {
        var folders = new HashSet<string>(before.Folders, StringComparer.Ordinal);
        var known = new HashSet<string>(StringComparer.Ordinal);
        string[] own = [ManifestFile.Path, Files.Staging + "/x"];
        foreach (var path in plan.Steps.OfType<WriteFile>().Select(step => step.File.Path).Concat(own))
        {
            if (known.Add(Files.Parent(path)))
                folders.UnionWith(preview.Files.MissingFolders(path));
        }
        return [.. folders.Order(StringComparer.Ordinal)];
    }

    /// <summary>Removes folders that Berth made and that this run has emptied, innermost first.</summary>
    private List<string> Emptied(Plan plan, List<string> folders)
    {
        var touched = plan
            .Steps.OfType<RemoveFile>()
            .SelectMany(step => Above(step.Path))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var folder in folders.Where(touched.Contains).OrderByDescending(folder => folder.Length).ToList())
        {
            preview.Files.RemoveIfEmpty(folder);
            if (!preview.Files.Exists(folder))
                folders.Remove(folder);
        }
        return folders;
    }

    private static IEnumerable<string> Above(string path)
    {
        for (var folder = Files.Parent(path); folder.Length > 1; folder = Files.Parent(folder))
            yield return folder;
    }

    private void Finish(Manifest manifest)
    {
        if (!manifest.IsEmpty)
        {
            preview.ManifestFile.Write(manifest);
            return;
        }
        preview.Files.Remove(ManifestFile.Path);
        foreach (var folder in manifest.Folders.OrderByDescending(folder => folder.Length))
            preview.Files.RemoveIfEmpty(folder);
    }
}
