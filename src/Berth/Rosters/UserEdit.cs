using System.Text;
using Berth.Host;

namespace Berth.Rosters;

/// <summary>What an edit did.</summary>
/// <param name="File">The drop-in.</param>
/// <param name="Removed">The drop-in had nothing left to say and was taken away.</param>
/// <param name="Problems">Why nothing was written; empty on success.</param>
public sealed record UserEditOutcome(string File, bool Removed, IReadOnlyList<Problem> Problems);

/// <summary>Changes one user through <c>users.d/NAME.yaml</c>, so that a person's own file with its comments is never
/// rewritten. The whole roster is read with the edit before a byte is written.</summary>
/// <param name="roster">The main file.</param>
/// <param name="name">A valid user name.</param>
public sealed class UserEdit(string roster, string name)
{
    private readonly string _file = Path.Join(RosterFiles.DropInFolder(roster), $"{name}.yaml");

    /// <summary>Sets keys in the drop-in.</summary>
    public UserEditOutcome Set(IReadOnlyList<(string Key, string Value)> keys)
    {
        var problems = new List<Problem>();
        var before = Before(problems);
        if (problems.Count > 0)
            return Refused(problems);
        return UserDropIn.With(name, before, keys) is { } text
            ? Write(text)
            : Foreign($"set {string.Join(", ", keys.Select(key => $"'{key.Key}: {key.Value}'"))} in it");
    }

    /// <summary>Sets a flag: by taking it out of the drop-in where the roster itself says the same, else by a key in
    /// the drop-in. What was parked and unparked again leaves no file behind.</summary>
    public UserEditOutcome Set(string key, bool value, Func<User, bool> current)
    {
        var problems = new List<Problem>();
        var before = Before(problems);
        if (problems.Count > 0)
            return Refused(problems);
        if (before is not null && UserDropIn.Without(name, before, [key]) is { } without)
        {
            var reading = RosterFiles.Load(roster, new RosterText(_file, without));
            if (reading.Roster?.Users.FirstOrDefault(user => user.Name == name) is { } user && current(user) == value)
                return Write(without);
        }
        return Set([(key, value ? "true" : "false")]);
    }

    private string? Before(List<Problem> problems) =>
        File.Exists(_file) ? RosterFiles.Read(_file, problems)?.Text : null;

    private UserEditOutcome Write(string text)
    {
        var reading = RosterFiles.Load(roster, new RosterText(_file, text));
        if (reading.Roster is null)
            // A place in a text that was never written would send a person looking for it.
            return Refused([
                .. reading.Problems.Select(problem =>
                    problem.File == _file ? problem with { File = "", Line = 0, Column = 0 } : problem
                ),
            ]);
        var files = new Files(HostPaths.Live);
        var path = Path.GetFullPath(_file);
        try
        {
            if (text.Length == 0)
                files.Remove(path);
            else
                files.WriteState(path, Encoding.UTF8.GetBytes(text));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Refused([new Problem(_file, 0, 0, failure.Message, "run with sudo")]);
        }
        return new UserEditOutcome(_file, text.Length == 0, []);
    }

    private UserEditOutcome Foreign(string instead) =>
        Refused([
            new Problem(_file, 0, 0, "was not written by 'berth users', which therefore leaves it alone", instead),
        ]);

    private UserEditOutcome Refused(IReadOnlyList<Problem> problems) => new(_file, false, problems);
}
