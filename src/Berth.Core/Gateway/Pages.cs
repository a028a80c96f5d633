namespace Berth.Gateway;

/// <summary>What Berth itself says to people. It names whom to ask, and nobody else's name, port or path.</summary>
/// <param name="Contact">Whom to ask.</param>
public sealed record Pages(string Contact)
{
    private const string DefaultContact = "whoever runs this machine";

    public static Pages Of(GatewayConfig config) => new(config.Gateway.Contact ?? DefaultContact);

    public Page Unknown(string? login) =>
        new(
            403,
            "You have no place here yet",
            [
                login is null
                    ? "You are signed in, but this machine has no account for you."
                    : $"You are signed in as {login}, but this machine has no account for that.",
                $"Please ask {Contact} to add you.",
            ]
        );

    public Page SignIn(bool byLink) =>
        new(
            401,
            "Please sign in",
            byLink
                ? [$"This machine lets people in by a personal link. Please ask {Contact} for yours."]
                :
                [
                    "This request does not prove who you are.",
                    "Please come through your usual address and sign in there.",
                    $"If you just did, ask {Contact}: the sign-in in front of this machine does not reach it.",
                ]
        );

    public Page Parked() =>
        new(
            503,
            "Your server is parked",
            [
                "It was stopped on purpose; your files and your account are as you left them.",
                $"Please ask {Contact} to start it again. This page then leads you there.",
            ],
            30
        );

    public Page NoServer() =>
        new(
            503,
            "You have no server yet",
            ["Your account exists, but it has no server of its own.", $"Please ask {Contact} to give you one."],
            30
        );

    public static Page Starting() =>
        new(503, "Your server is starting", ["This usually takes a few seconds. You will be led there."], 2);

    public Page Squatted() =>
        new(
            503,
            "Your server's place is taken",
            [
                "Something that is not your server answers in its place. Nothing of yours was sent to it.",
                $"Please tell {Contact}.",
            ],
            10
        );

    public static Page NoAnswer() =>
        new(504, "Your server does not answer", ["It runs, but it did not answer in time. It may be busy."], 10);

    public Page Broken(string what) =>
        new(502, "Your server's answer cannot be passed on", [what, $"If it stays so, please tell {Contact}."]);

    public Page PairingFailed(bool drift) =>
        new(
            503,
            "You cannot be signed in to your server now",
            drift
                ?
                [
                    "Your server speaks in another way than Berth knows; perhaps it was updated.",
                    $"Please tell {Contact}.",
                ]
                : [$"Berth tries again. If it stays so, please ask {Contact}."],
            drift ? 0 : 10
        );

    public static Page Foreign() =>
        new(
            403,
            "Refused",
            ["Another site asked for this in your name. Nothing was done. Open your own address to go on."]
        );

    public static Page WrongHost(string own) =>
        new(421, "This is not the address of this machine", [$"Please use {own}."]);

    public static Page NotFound() =>
        new(404, "There is nothing here", ["This address belongs to Berth and names nothing."]);

    public static Page Failed() => new(500, "Berth failed at this", ["What happened is in the gateway's log."]);

    public static Page Bad() => new(400, "That request cannot be passed on", ["It is not formed as HTTP asks for."]);
}
