namespace Berth.Gateway;

/// <summary>Follows the frames of one direction of a WebSocket (RFC 6455 §5.2) through the bytes as they pass, without
/// keeping them: how many there were, whether the last one is whole, and what a Close frame says.</summary>
public struct FrameWalk
{
    private const byte Close = 8;
    private bool _masked;
    private byte _seen; // bytes of the header seen
    private byte _needed; // bytes of the header in all, once known
    private byte _opcode;
    private ushort _mask; // the first two bytes of the mask
    private ulong _length;
    private ulong _payload; // bytes of the payload that are still to come
    private byte _codeBytes;

    /// <summary>Frames whose header was seen.</summary>
    public long Frames { get; private set; }

    /// <summary>The code of a Close frame; 1005 for one without a code, 0 when none was seen.</summary>
    public int CloseCode { get; private set; }

    /// <summary>A frame could begin here: nothing of one is under way.</summary>
    public readonly bool IsAtBoundary => _seen == 0 && _payload == 0;

    /// <summary>Follows what passes next.</summary>
    public void Follow(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_payload > 0)
            {
                var part = (int)Math.Min(_payload, (ulong)bytes.Length);
                if (_opcode == Close && _codeBytes < 2)
                    ReadCode(bytes[..part]);
                _payload -= (ulong)part;
                bytes = bytes[part..];
                continue;
            }
            Header(bytes[0]);
            bytes = bytes[1..];
        }
    }

    private void Header(byte next)
    {
        switch (_seen)
        {
            case 0:
                _opcode = (byte)(next & 0xF);
                break;
            case 1:
                _masked = (next & 0x80) != 0;
                _mask = 0;
                var extended = (next & 0x7F) switch
                {
                    126 => 2,
                    127 => 8,
                    _ => 0,
                };
                _length = extended == 0 ? (ulong)(next & 0x7F) : 0;
                _needed = (byte)(2 + extended + (_masked ? 4 : 0));
                break;
            default:
                var maskFrom = _needed - (_masked ? 4 : 0);
                if (_seen < maskFrom)
                    _length = (_length << 8) | next;
                else if (_seen == maskFrom)
                    _mask = (ushort)(next << 8);
                else if (_seen == maskFrom + 1)
                    _mask |= next;
                break;
        }
        _seen++;
        if (_seen < 2 || _seen < _needed)
            return;
        Frames++;
        _payload = _length;
        _seen = 0;
        if (_opcode == Close)
        {
            _codeBytes = 0;
            CloseCode = 1005; // no code, unless one follows
        }
    }

    private void ReadCode(ReadOnlySpan<byte> payload)
    {
        foreach (var value in payload)
        {
            var plain = value ^ (_codeBytes == 0 ? _mask >> 8 : _mask & 0xFF);
            CloseCode = _codeBytes == 0 ? plain << 8 : CloseCode | plain;
            if (++_codeBytes == 2)
                return;
        }
    }

    /// <summary>A whole Close frame as a server sends it.</summary>
    public static byte[] CloseFrame(int code) => [0x80 | Close, 2, (byte)(code >> 8), (byte)code];
}
