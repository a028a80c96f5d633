using System.Diagnostics;
using Berth.Host;

namespace Berth.Embedded;

/// <summary>The process between <c>berth up</c> and one server. It is the parent that the kernel gives the server's
/// orphans to (PR_SET_CHILD_SUBREAPER), and it ends with everything below it as soon as the pipe from <c>berth up</c>
/// closes: whatever kills that, nothing keeps running behind it.</summary>
internal sealed class Hold(LogFile log, string[] command)
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(10);

    /// <returns>Exit code of the server; 128 and the signal when one ended it.</returns>
    public int Run()
    {
        _ = Native.ProcessControl(Native.ChildSubreaper, 1, 0, 0, 0);
        // A session of its own: Ctrl-C in the terminal is for berth up alone, which then ends us in order.
        _ = Native.NewSession();
        // The word to go comes when berth up has put this process under its cap.
        if (Console.In.ReadLine() is not "go")
            return 0;
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Environment.GetEnvironmentVariable("HOME") ?? "/",
        };
        Process server;
        try
        {
            server = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            log.Line($"berth: cannot start {command[0]}: {failure.Message}");
            return 127;
        }
        server.StandardInput.Close();
        server.OutputDataReceived += (_, line) => log.Line(line.Data);
        server.ErrorDataReceived += (_, line) => log.Line(line.Data);
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        Console.Out.WriteLine(server.Id);
        new Thread(() => Listen(server)) { IsBackground = true }.Start();
        // Not WaitForExit(): that would also wait for children which hold the output open.
        while (!server.WaitForExit(TimeSpan.FromHours(1))) { }
        var code = server.ExitCode;
        ProcessTree.KillBelow(Environment.ProcessId);
        return code;
    }

    /// <summary>"stop" asks the server to end and gives it time; the end of the pipe does not ask.</summary>
    private static void Listen(Process server)
    {
        if (Console.In.ReadLine() is "stop")
        {
            _ = Native.Kill(server.Id, Native.SigTerm);
            using var limit = new CancellationTokenSource(s_grace);
            var impatient = Task.Run(() => Console.In.ReadLine());
            Task.WaitAny([impatient], s_grace);
        }
        ProcessTree.KillBelow(Environment.ProcessId);
    }
}
