using System.CommandLine;
using System.Net;
using Berth.Drilling;

namespace Berth.Commands;

/// <summary><c>berth drill-part</c>: what a drill starts as its own people: the server, agents, and what goes wrong. It
/// needs no privilege and has none.</summary>
public static class DrillPartCommand
{
    public const string Name = "drill-part";

    public static Command Create()
    {
        var port = new Option<int>("--port");
        var host = new Option<string>("--host") { DefaultValueFactory = _ => "127.0.0.1" };
        var to = new Option<long>("--to");
        var rate = new Option<long>("--rate");
        var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 20 };
        var name = new Option<string?>("--name");
        var what = new Argument<string>("WHAT");
        var command = new Command(Name, "What a drill starts") { what, port, host, to, rate, seconds, name };
        command.Hidden = true;
        command.SetAction(parse =>
        {
            var address = new IPEndPoint(IPAddress.Parse(parse.GetValue(host)!), parse.GetValue(port));
            return parse.GetValue(what) switch
            {
                "serve" => PartServer.Serve(address),
                "squat" => PartServer.Squat(address),
                "knock" => PartServer.Knock(address),
                "agent" => PartMemory.Agent(parse.GetValue(seconds)),
                "hog" => PartMemory.Hog(
                    parse.GetValue(to),
                    parse.GetValue(rate),
                    parse.GetValue(seconds),
                    parse.GetValue(name)
                ),
                "fork" => PartMemory.Fork((int)parse.GetValue(to), parse.GetValue(seconds)),
                _ => ExitCodes.Usage,
            };
        });
        return command;
    }
}
