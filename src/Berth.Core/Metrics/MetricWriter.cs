using System.Buffers.Text;
using System.Text;

namespace Berth.Metrics;

/// <summary>Writes samples as Prometheus' text format has them, one a line, into a buffer that is used again: 500 people
/// are told without a string.</summary>
public sealed class MetricWriter
{
    private const int LongestNumber = 32;
    private byte[] _buffer = new byte[16 << 10];
    private int _length;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, _length);

    public void Clear() => _length = 0;

    /// <summary>One sample. An empty label value is as good as no label, and is left out.</summary>
    public void Sample(string name, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        Ascii(name);
        var isFirst = true;
        foreach (var (label, text) in labels)
        {
            if (text.Length == 0)
                continue;
            Byte(isFirst ? (byte)'{' : (byte)',');
            isFirst = false;
            Ascii(label);
            Ascii("=\"");
            Escaped(text);
            Byte((byte)'"');
        }
        if (!isFirst)
            Byte((byte)'}');
        Byte((byte)' ');
        Number(value);
        Byte((byte)'\n');
    }

    /// <summary>A line that is there already.</summary>
    public void Line(ReadOnlySpan<byte> line)
    {
        Room(line.Length + 1);
        line.CopyTo(_buffer.AsSpan(_length));
        _length += line.Length;
        Byte((byte)'\n');
    }

    /// <inheritdoc cref="Line(ReadOnlySpan{byte})"/>
    public void Line(string line) => Line(Encoding.UTF8.GetBytes(line));

    /// <summary>What a family is, in front of its samples.</summary>
    public void Head(MetricFamily family)
    {
        Ascii("# HELP ");
        Ascii(family.Name);
        Byte((byte)' ');
        Ascii(family.Help.Replace("\\", "\\\\", StringComparison.Ordinal));
        Ascii("\n# TYPE ");
        Ascii(family.Name);
        Byte((byte)' ');
        Ascii(
            family.Type switch
            {
                MetricType.Counter => "counter",
                MetricType.Histogram => "histogram",
                _ => "gauge",
            }
        );
        Byte((byte)'\n');
    }

    private void Number(double value)
    {
        Room(LongestNumber);
        // The shortest text that reads back as the same number; whole ones without a point.
        var whole = Math.Abs(value) < 1L << 53 && Math.Truncate(value) == value;
        var written = 0;
        if (whole)
            Utf8Formatter.TryFormat((long)value, _buffer.AsSpan(_length), out written);
        else if (double.IsFinite(value))
            Utf8Formatter.TryFormat(value, _buffer.AsSpan(_length), out written);
        else
            written = Encoding.ASCII.GetBytes(
                double.IsNaN(value) ? "NaN"
                    : value > 0 ? "+Inf"
                    : "-Inf",
                _buffer.AsSpan(_length)
            );
        _length += written;
    }

    private void Escaped(string text)
    {
        foreach (var letter in text)
        {
            if (letter is '\\' or '"')
                Byte((byte)'\\');
            if (letter is '\n')
                Ascii("\\n");
            // Names of the roster and words of ours: anything else is not worth a second encoder.
            else
                Byte(char.IsAscii(letter) && !char.IsControl(letter) ? (byte)letter : (byte)'?');
        }
    }

    private void Ascii(string text)
    {
        Room(text.Length);
        _length += Encoding.ASCII.GetBytes(text, _buffer.AsSpan(_length));
    }

    private void Byte(byte value)
    {
        Room(1);
        _buffer[_length++] = value;
    }

    private void Room(int more)
    {
        if (_length + more > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + more));
    }
}
