using System.IO.Hashing;
using System.Text;
using Berth.Host;

namespace Berth.Recording;

/// <summary>Which run of the kernel this is: numbers of records and pids of another one mean nothing.</summary>
internal static class BootId
{
    public static ulong Read(HostPaths paths)
    {
        var text = new Files(paths).Text("/proc/sys/kernel/random/boot_id") ?? "";
        return XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text.Trim()));
    }
}
