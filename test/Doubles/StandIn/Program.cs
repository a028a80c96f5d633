using Berth.Doubles;

// A small agent server, a hog and a probe: what the host tests need to provoke, in one binary that starts fast.
var options = new Arguments(args);
return args.FirstOrDefault() switch
{
    "serve" => Server.Run(options.Text("host", "127.0.0.1"), options.Number("port", 0)),
    "hog" => Hog.Run(options),
    "model" => Model.Run(options.Number("port", 0), options.Text("accept", ""), options.Text("log", "")),
    "receive" => Receiver.Run(options.Number("port", 0), options.Text("log", "")),
    "probe" => Probe.Run(options),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        """
        standin serve --port N [--host A]              an agent server: GET /ready, GET /work, POST /spawn,
                                                       POST /wound?closed|mute|spin|wrong|late
        standin hog --to MIB [--rate MIB/s] [--hold S]  takes memory, and keeps it
        standin model --port N --accept FILE --log FILE  a model API that refuses what is not in FILE
        standin receive --port N --log FILE             writes down what is posted to it; 500 while FILE.ill is there
        standin probe --port N --seconds S [--path /P]  asks in a loop, prints gaps as JSON
        """
    );
    return 64;
}
