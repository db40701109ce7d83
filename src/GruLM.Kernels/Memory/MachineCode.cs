// From what was written with Iced to bytes: the last step of every assembler here.

using Iced.Intel;

namespace GruLM.Kernels;

/// <summary>Machine code as bytes.</summary>
internal static class MachineCode
{
    /// <summary>The bytes of <paramref name="code"/>, which has to be the same for any address.</summary>
    public static byte[] Bytes(Assembler code)
    {
        using var stream = new MemoryStream();
        code.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }
}
