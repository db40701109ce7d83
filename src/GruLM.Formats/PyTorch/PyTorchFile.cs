// Reads files of torch.save as PyTorch has written them since 1.6: a zip archive, nothing compressed, with a pickle of what was saved and
// a file a storage. Only a dictionary of tensors is looked for: the whole, or what stands under model, state_dict or model_state_dict.
// Nothing of Python's is run. Files of before 1.6 and TorchScript are refused by name.

using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;

namespace GruLM.Formats;

/// <summary>The tensors of a state_dict that was saved by PyTorch. A file of any content can be opened and read, or ends in
/// <see cref="InvalidDataException"/>. No tensor is larger than the file, a pickle makes at most a million values, and beside the numbers
/// that a caller asks for, memory stays within a megabyte and three hundred bytes for each of the file's. Not thread-safe.</summary>
public sealed class PyTorchFile : IDisposable
{
    private const string PickleName = "data.pkl";

    // Where checkpoints keep the state_dict.
    private static readonly string[] s_inside = ["model_state_dict", "state_dict", "model"];

    private readonly FileStream _stream;
    private readonly ZipArchive _zip;
    private readonly string _prefix;
    private readonly Dictionary<string, PyTorchTensor> _byName = [];

    private PyTorchFile(string path, FileStream stream)
    {
        (Path, _stream) = (path, stream);
        _zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
        string[] pickles = [.. _zip.Entries.Select(entry => entry.FullName).Where(IsPickle).Take(2)];
        if (pickles.Length != 1)
        {
            throw new InvalidDataException($"{path}: is a zip archive, but none that torch.save wrote (it holds no {PickleName})");
        }

        _prefix = pickles[0][..^PickleName.Length];
        CheckOrder();
        List<PyTorchTensor> tensors = [.. StateDict(ReadPickle(pickles[0]))];
        foreach (PyTorchTensor tensor in tensors)
        {
            CheckSize(tensor);
            _byName[tensor.Name] = tensor;
        }

        Tensors = tensors;
    }

    /// <summary>The file's path, as it was given.</summary>
    public string Path { get; }

    /// <summary>The tensors in the order of the state_dict.</summary>
    public IReadOnlyList<PyTorchTensor> Tensors { get; }

    /// <summary>Whether a file begins as those of torch.save do: since 1.6 (a zip archive), or before.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool LooksLikeOne(string path)
    {
        Span<byte> start = stackalloc byte[4];
        using FileStream stream = File.OpenRead(path);
        int length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        return length == start.Length && (IsZip(start) || IsOld(start));
    }

    /// <summary>Opens a file and reads what its tensors are, not their numbers.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is damaged, of another kind, or holds no state_dict.</exception>
    public static PyTorchFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: there is no such file");
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        try
        {
            Span<byte> start = stackalloc byte[4];
            int length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            if (length < start.Length || !IsZip(start))
            {
                throw new InvalidDataException(length == start.Length && IsOld(start)
                    ? $"{path}: is in PyTorch's format of before 1.6; open it with torch.load and save it again"
                    : $"{path}: is no file of torch.save, or was cut short");
            }

            stream.Position = 0;
            return Guarded(path, () => new PyTorchFile(path, stream));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Looks for a tensor by its name.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out PyTorchTensor? tensor) => _byName.TryGetValue(name, out tensor);

    /// <summary>Reads a tensor's elements as float32, in row-major order; F16, BF16 and F64 are converted.</summary>
    /// <param name="tensor">One of this file's <see cref="Tensors"/>.</param>
    /// <param name="destination">Exactly <see cref="PyTorchTensor.ElementCount"/> long.</param>
    /// <exception cref="InvalidDataException">The tensor is of no float type, or its numbers are not there.</exception>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public void Read(PyTorchTensor tensor, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (destination.Length != tensor.ElementCount)
        {
            throw new ArgumentException(
                $"tensor '{PickleReader.Shown(tensor.Name)}' has {tensor.ElementCount} elements, the destination {destination.Length}");
        }

        if (!tensor.Type.IsFloat())
        {
            throw new InvalidDataException(
                $"{Path}: tensor '{PickleReader.Shown(tensor.Name)}' is {tensor.Type.FormatName()}; F32, F16, BF16 or F64 was expected");
        }

        ZipArchiveEntry entry = Entry(tensor);
        try
        {
            using Stream storage = entry.Open();
            if (tensor.IsContiguous) ReadRows(tensor, storage, destination);
            else ReadStrided(tensor, storage, destination);
        }
        catch (Exception error) when (IsDamage(error))
        {
            throw Damaged(Path, error);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _zip.Dispose();
        _stream.Dispose();
    }

    private static void ReadRows(PyTorchTensor tensor, Stream storage, Span<float> destination)
    {
        int size = tensor.Type.SizeInBytes();
        byte[] portion = new byte[(int)Math.Min(1 << 16, Math.Max(tensor.ElementCount, 1) * size)];
        for (long left = tensor.Offset * size; left > 0;)
        {
            int skipped = (int)Math.Min(left, portion.Length);
            storage.ReadExactly(portion, 0, skipped);
            left -= skipped;
        }

        while (destination.Length > 0)
        {
            int count = Math.Min(destination.Length, portion.Length / size);
            storage.ReadExactly(portion, 0, count * size);
            tensor.Type.ToFloats(portion.AsSpan(0, count * size), destination[..count]);
            destination = destination[count..];
        }
    }

    // A transposed matrix, or a part of one: the whole storage is read, and the numbers are picked out of it.
    private void ReadStrided(PyTorchTensor tensor, Stream storage, Span<float> destination)
    {
        if (tensor.StorageElements > Array.MaxLength)
        {
            throw new InvalidDataException(
                $"{Path}: tensor '{PickleReader.Shown(tensor.Name)}' is too large to be read by columns; save its contiguous()");
        }

        int size = tensor.Type.SizeInBytes();
        float[] all = new float[tensor.StorageElements];
        byte[] portion = new byte[1 << 16];
        for (int place = 0; place < all.Length;)
        {
            int count = Math.Min(all.Length - place, portion.Length / size);
            storage.ReadExactly(portion, 0, count * size);
            tensor.Type.ToFloats(portion.AsSpan(0, count * size), all.AsSpan(place, count));
            place += count;
        }

        int dimensions = tensor.Shape.Count;
        long[] index = new long[dimensions];
        for (int i = 0; i < destination.Length; i++)
        {
            long place = tensor.Offset;
            for (int d = 0; d < dimensions; d++) place += index[d] * tensor.Strides[d];
            destination[i] = all[place];
            for (int d = dimensions - 1; d >= 0 && ++index[d] == tensor.Shape[d]; d--) index[d] = 0;
        }
    }

    // Whoever makes room for a tensor before it is read makes no more than the file could fill.
    private void CheckSize(PyTorchTensor tensor)
    {
        if (tensor.StorageElements <= _stream.Length / tensor.Type.SizeInBytes()) return;
        string name = PickleReader.Shown(tensor.Name);
        throw new InvalidDataException(
            $"{Path}: the storage of tensor '{name}' is said to hold {tensor.StorageElements} numbers, more than the file; it is damaged");
    }

    private ZipArchiveEntry Entry(PyTorchTensor tensor)
    {
        ZipArchiveEntry entry = Guarded(Path, () => _zip.GetEntry($"{_prefix}data/{tensor.Storage}"))
            ?? throw new InvalidDataException($"{Path}: the numbers of tensor '{PickleReader.Shown(tensor.Name)}' are missing");
        long expected = tensor.StorageElements * tensor.Type.SizeInBytes();
        if (entry.Length != expected || entry.CompressedLength != expected)
        {
            throw new InvalidDataException(
                $"{Path}: the storage of tensor '{PickleReader.Shown(tensor.Name)}' has {entry.Length} bytes, {expected} were expected; "
                + "it is damaged");
        }

        return entry;
    }

    private object? ReadPickle(string name)
    {
        ZipArchiveEntry entry = _zip.GetEntry(name)!;
        if (entry.Length > PickleReader.MostBytes || entry.Length > _stream.Length || entry.CompressedLength != entry.Length)
        {
            throw new InvalidDataException(
                $"{Path}: its {PickleName} has {entry.Length} bytes, stored as {entry.CompressedLength}; torch.save compresses nothing, "
                + $"and a state_dict needs at most {PickleReader.MostBytes}");
        }

        byte[] pickle = new byte[entry.Length];
        using (Stream stream = entry.Open()) stream.ReadExactly(pickle);
        return new PickleReader(Path, pickle).Read();
    }

    private void CheckOrder()
    {
        if (_zip.GetEntry(_prefix + "byteorder") is not { Length: 3 } entry) return;
        using Stream stream = entry.Open();
        if (stream.ReadByte() == 'b')
        {
            throw new InvalidDataException($"{Path}: was saved on a big-endian machine; save it again on another one");
        }
    }

    private IEnumerable<PyTorchTensor> StateDict(object? saved)
    {
        if (saved is not PickleDictionary root)
        {
            throw new InvalidDataException($"{Path}: holds something else than a dictionary of tensors; save model.state_dict()");
        }

        PickleDictionary? dictionary = HasTensors(root)
            ? root
            : s_inside.Select(key => root[key]).OfType<PickleDictionary>().FirstOrDefault(HasTensors);
        if (dictionary is null)
        {
            string inside = string.Join(", ", s_inside);
            throw new InvalidDataException($"{Path}: holds no tensors, neither at the top nor under {inside}");
        }

        foreach ((object key, object? value) in dictionary.Pairs)
        {
            if (key is string name && value is PyTorchTensor tensor) yield return tensor with { Name = name };
        }
    }

    private static bool HasTensors(PickleDictionary dictionary) => dictionary.Pairs.Any(pair => pair.Value is PyTorchTensor);

    private static bool IsPickle(string name) =>
        name == PickleName || (name.EndsWith("/" + PickleName, StringComparison.Ordinal) && name.IndexOf('/') == name.LastIndexOf('/'));

    private static bool IsZip(ReadOnlySpan<byte> start) => start.SequenceEqual("PK\x03\x04"u8);

    // A pickle whose first value is PyTorch's magic number.
    private static bool IsOld(ReadOnlySpan<byte> start) => start is [0x80, 2, 0x8a, 0x0a];

    private static T Guarded<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException error) when (error.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw;
        }
        catch (Exception error) when (IsDamage(error))
        {
            throw Damaged(path, error);
        }
    }

    // What the archive's reader throws for archives that are none.
    private static bool IsDamage(Exception error) =>
        error is InvalidDataException or EndOfStreamException or IOException or ArgumentException or OverflowException
            or NotSupportedException;

    private static InvalidDataException Damaged(string path, Exception error) =>
        new($"{path}: is damaged or was cut short: its archive cannot be read; fetch or save it again", error);
}
