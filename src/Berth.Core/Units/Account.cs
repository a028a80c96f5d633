namespace Berth.Units;

/// <summary>An account of the host, as passwd(5) has it.</summary>
/// <param name="Expired">Locked by an expiry date in the past; null when shadow(5) could not be read.</param>
public sealed record Account(string Name, int Uid, string PrimaryGroup, string Home, string Shell, bool? Expired)
{
    /// <summary>Uids below it are the system's (login.defs(5)).</summary>
    public const int FirstPerson = 1000;

    /// <summary>The account that useradd(8) makes where there is none yet.</summary>
    public static Account New(string name, int? uid) => new(name, uid ?? -1, name, $"/home/{name}", "/bin/bash", false);
}
