// Finds the symbols of a BPE training by their fingerprints: a hash table with linear probing. Leaves out removal: a symbol that is gone is
// set to Missing.
namespace GruLM.Tokenization;

/// <summary>Open addressing from 64-bit fingerprints to symbol numbers.</summary>
internal sealed class FingerprintMap
{
    /// <summary>What is found where there is nothing.</summary>
    public const int Missing = -2;

    private ulong[] _keys = new ulong[1 << 12];
    private int[] _values = new int[1 << 12];
    private int _count;

    /// <summary>The value of a key.</summary>
    public int Find(ulong key)
    {
        for (uint i = Place(key); ; i++)
        {
            uint slot = i & (uint)(_keys.Length - 1);
            // Values are stored plus three, so that a fresh slot reads as nothing.
            if (_values[slot] == 0)
            {
                return Missing;
            }

            if (_keys[slot] == key)
            {
                return _values[slot] - 3;
            }
        }
    }

    /// <summary>Sets the value of a key.</summary>
    public void Set(ulong key, int value)
    {
        if (_count * 2 >= _keys.Length)
        {
            Grow();
        }

        uint i = Place(key);
        while (_values[i & (uint)(_keys.Length - 1)] != 0 && _keys[i & (uint)(_keys.Length - 1)] != key)
        {
            i++;
        }

        uint slot = i & (uint)(_keys.Length - 1);
        if (_values[slot] == 0)
        {
            _count++;
        }

        _keys[slot] = key;
        _values[slot] = value + 3;
    }

    private void Grow()
    {
        (ulong[] keys, int[] values) = (_keys, _values);
        _keys = new ulong[keys.Length * 2];
        _values = new int[keys.Length * 2];
        _count = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            if (values[i] != 0)
            {
                Set(keys[i], values[i] - 3);
            }
        }
    }

    private static uint Place(ulong key) => (uint)((key * 0x9E3779B97F4A7C15) >> 32);
}
