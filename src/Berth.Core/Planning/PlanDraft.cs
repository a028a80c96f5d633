namespace Berth.Planning;

/// <summary>A plan while it is being made.</summary>
internal sealed class PlanDraft
{
    private readonly HashSet<string> _blocked = new(StringComparer.Ordinal);

    public List<Step> Steps { get; } = [];
    public List<Step> Waiting { get; } = [];
    public List<PlanProblem> Problems { get; } = [];
    public List<Drift> Drift { get; } = [];
    public List<string> Notes { get; } = [];

    /// <summary>Files that turned out to be as wanted although the manifest remembers more than one content.</summary>
    public Dictionary<string, string> Adopted { get; } = new(StringComparer.Ordinal);

    /// <summary>Files of the manifest that are gone already.</summary>
    public List<string> Forgotten { get; } = [];

    public bool IsBlocked(string? user) => user is not null && _blocked.Contains(user);

    public void Refuse(string message, string hint) => Problems.Add(new PlanProblem(null, message, hint));

    /// <summary>Leaves a user as they are now: none of their steps are made, the others' are.</summary>
    public void Block(string user, string message, string hint)
    {
        Warn(user, message, hint);
        _blocked.Add(user);
    }

    /// <summary>Reports a problem of a user whose other steps go on.</summary>
    public void Warn(string user, string message, string hint) => Problems.Add(new PlanProblem(user, message, hint));
}
