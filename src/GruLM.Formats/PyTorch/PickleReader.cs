// Reads the pickle in a file of torch.save: dictionaries, lists, numbers, strings and tensors. It knows a closed list of opcodes and a
// closed list of names to refer to, and calls nothing: what is not on the lists is an error that names it. Source: CPython's pickletools.py
// for the opcodes, PyTorch's torch/_utils.py for what a tensor is rebuilt from.

using System.Buffers.Binary;
using System.Text;

namespace GruLM.Formats;

/// <summary>Reads one pickle. A pickle of any content ends in values or in <see cref="InvalidDataException"/>, and makes at most
/// <see cref="MostValues"/> of them. Not thread-safe.</summary>
internal sealed class PickleReader(string path, ReadOnlyMemory<byte> pickle)
{
    /// <summary>The longest pickle accepted, in bytes.</summary>
    public const int MostBytes = 16 << 20;

    /// <summary>The most values that a pickle may make.</summary>
    public const int MostValues = 1 << 20;

    private static readonly object s_mark = new();

    private readonly List<object?> _stack = [];
    private readonly Dictionary<uint, object?> _memo = [];
    private int _position, _values;

    /// <summary>The value that the pickle describes: null, bool, long, double, string, a list of values, <see cref="PickleDictionary"/>,
    /// <see cref="PickleTuple"/>, <see cref="PickleName"/> or <see cref="PyTorchTensor"/>.</summary>
    public object? Read()
    {
        while (true)
        {
            byte code = Bytes(1)[0];
            if (code == '.') return Pop();
            if (!Constant(code) && !Container(code) && !Remembered(code) && !Object(code))
            {
                throw Wrong($"holds opcode 0x{code:x2}, which no dictionary of tensors needs");
            }
        }
    }

    /// <summary>What is wrong with the file.</summary>
    public InvalidDataException Wrong(string what) => new($"{path}: its pickle {what}");

    private bool Constant(byte code)
    {
        switch ((char)code)
        {
            case (char)0x80:
                if (Bytes(1)[0] is < 2 or > 5) throw Wrong("is of a protocol that is not known; 2 to 5 are");
                return true;
            case (char)0x95:
                Bytes(8);
                return true;
            case 'N':
                return Push(null);
            case (char)0x88:
                return Push(true);
            case (char)0x89:
                return Push(false);
            case 'J':
                return Push((long)BinaryPrimitives.ReadInt32LittleEndian(Bytes(4)));
            case 'K':
                return Push((long)Bytes(1)[0]);
            case 'M':
                return Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2)));
            case (char)0x8a:
                return Push(Long(Bytes(Bytes(1)[0])));
            case 'G':
                return Push(BinaryPrimitives.ReadDoubleBigEndian(Bytes(8)));
            case 'X':
                return Push(Text(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))));
            case (char)0x8c:
            case 'U':
                return Push(Text(Bytes(1)[0]));
            default:
                return false;
        }
    }

    private bool Container(byte code)
    {
        switch ((char)code)
        {
            case '(':
                return Push(s_mark);
            case '}':
                return Push(new PickleDictionary());
            case ']':
                return Push(new List<object?>());
            case ')':
                return Push(new PickleTuple([]));
            case 't':
                return Push(new PickleTuple(PopToMark()));
            case (char)0x85:
            case (char)0x86:
            case (char)0x87:
                object?[] items = new object?[code - 0x84];
                for (int i = items.Length - 1; i >= 0; i--) items[i] = Pop();
                return Push(new PickleTuple(items));
            case 'a':
                object? item = Pop();
                Top<List<object?>>().Add(item);
                return true;
            case 'e':
                object?[] all = PopToMark();
                Top<List<object?>>().AddRange(all);
                return true;
            case 's':
                object? value = Pop(), key = Pop();
                Top<PickleDictionary>().Add(key, value);
                return true;
            case 'u':
                object?[] pairs = PopToMark();
                if (pairs.Length % 2 != 0) throw Wrong("has a key without a value");
                for (int i = 0; i < pairs.Length; i += 2) Top<PickleDictionary>().Add(pairs[i], pairs[i + 1]);
                return true;
            default:
                return false;
        }
    }

    private bool Remembered(byte code)
    {
        switch ((char)code)
        {
            case 'q':
                return Remember(Bytes(1)[0]);
            case 'r':
                return Remember(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4)));
            case (char)0x94:
                return Remember((uint)_memo.Count);
            case 'h':
                return Push(Recall(Bytes(1)[0]));
            case 'j':
                return Push(Recall(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))));
            default:
                return false;
        }
    }

    private bool Object(byte code)
    {
        switch ((char)code)
        {
            case 'c':
                string module = Line();
                return Push(Name(module, Line()));
            case (char)0x93:
                string name = Pop<string>();
                return Push(Name(Pop<string>(), name));
            case 'Q':
                return Push(Pop());
            case 'R':
                PickleTuple arguments = Pop<PickleTuple>();
                return Push(PickleObjects.Make(this, Pop<PickleName>(), arguments));
            case 'b':
                // What is set on a dictionary beside its pairs (PyTorch keeps versions there) is of no use here.
                Pop();
                Top<PickleDictionary>();
                return true;
            default:
                return false;
        }
    }

    private PickleName Name(string module, string name) => PickleName.Known(module, name) ?? throw Wrong(
        $"refers to {Shown(module)}.{Shown(name)}, which no dictionary of tensors needs and which is not run here; "
        + "save model.state_dict() alone");

    /// <summary>A text of the file in one line of a message.</summary>
    public static string Shown(string text)
    {
        const int Most = 60;
        string some = text.Length > Most ? text[..Most] + "…" : text;
        return string.Concat(some.Select(c => char.IsControl(c) ? '?' : c));
    }

    private bool Push(object? value)
    {
        if (++_values > MostValues) throw Wrong($"makes more than {MostValues} values");
        _stack.Add(value);
        return true;
    }

    private object? Pop()
    {
        if (_stack.Count == 0 || _stack[^1] == s_mark) throw Wrong("takes a value where there is none");
        object? value = _stack[^1];
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private T Pop<T>() => Pop() is T value ? value : throw Wrong($"has another value where {Kind<T>()} belongs");

    private T Top<T>() => _stack.Count > 0 && _stack[^1] is T value ? value : throw Wrong($"has another value where {Kind<T>()} belongs");

    private static string Kind<T>() => typeof(T) == typeof(string) ? "a text"
        : typeof(T) == typeof(PickleDictionary) ? "a dictionary"
        : typeof(T) == typeof(PickleTuple) ? "a tuple"
        : typeof(T) == typeof(PickleName) ? "a name"
        : "a list";

    private object?[] PopToMark()
    {
        int mark = _stack.LastIndexOf(s_mark);
        if (mark < 0) throw Wrong("goes back to a mark where there is none");
        object?[] items = [.. _stack[(mark + 1)..]];
        _stack.RemoveRange(mark, _stack.Count - mark);
        return items;
    }

    private bool Remember(uint place)
    {
        if (_stack.Count == 0) throw Wrong("remembers a value where there is none");
        _memo[place] = _stack[^1];
        return true;
    }

    private object? Recall(uint place) => _memo.TryGetValue(place, out object? value) ? value : throw Wrong("recalls what it never had");

    private ReadOnlySpan<byte> Bytes(long count)
    {
        if (count > pickle.Length - _position) throw Wrong("ends too early");
        ReadOnlySpan<byte> bytes = pickle.Span.Slice(_position, (int)count);
        _position += (int)count;
        return bytes;
    }

    private string Text(long length) => Encoding.UTF8.GetString(Bytes(length));

    private string Line()
    {
        int length = pickle.Span[_position..].IndexOf((byte)'\n');
        if (length < 0) throw Wrong("ends too early");
        string line = Text(length);
        _position++;
        return line;
    }

    private long Long(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 8) throw Wrong("has a whole number of more than 64 bits");
        long value = bytes.IsEmpty ? 0 : (sbyte)bytes[^1];
        for (int i = bytes.Length - 2; i >= 0; i--) value = (value << 8) | bytes[i];
        return value;
    }
}
