#!/usr/bin/env bash
# Builds a program of one file that uses TorchSharp, once, in a folder of its own, and prints the command that runs it.
# Usage: build.sh PROGRAM.cs FOLDER. Linux x64; needs the .NET SDK, gcc, python3 and 2 GB in FOLDER; takes minutes the first time.
set -euo pipefail
program=$1 place=$2
name=$(basename "$program" .cs)
native=$place/out/runtimes/linux-x64/native
mkdir -p "$place"
if ! cmp -s "$program" "$place/$name.cs" || [ ! -e "$place/ready" ]; then
  rm -f "$place/ready"
  cp "$program" "$place/"
  dotnet build "$place/$name.cs" -c Release -o "$place/out" -v quiet --disable-build-servers >&2
  # LibTorchSharp asks for a libstdc++ that is newer than Debian 12's by one empty function: it gets that one, and asks for the older.
  echo 'void _ZSt21ios_base_library_initv(void) {}' | gcc -shared -fPIC -x c -o "$place/shim.so" -
  python3 - "$native/libLibTorchSharp.so" <<'PY'
import struct
import sys


def elf_hash(name):
    h = 0
    for c in name.encode():
        h = (h << 4) + c
        g = h & 0xF0000000
        h = (h ^ (g >> 24)) & ~g & 0xFFFFFFFF
    return struct.pack("<I", h)


new, old = "GLIBCXX_3.4.32", "GLIBCXX_3.4.30"
data = open(sys.argv[1], "rb").read()
data = data.replace(new.encode() + b"\0", old.encode() + b"\0").replace(elf_hash(new), elf_hash(old))
open(sys.argv[1], "wb").write(data)
PY
  touch "$place/ready"
fi
echo "env LD_PRELOAD=$place/shim.so LD_LIBRARY_PATH=$native dotnet $place/out/$name.dll"
