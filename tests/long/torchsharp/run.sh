#!/usr/bin/env bash
# Proves that TorchSharp loads what `grulm export --to pytorch` and `--to safetensors` write (with TorchSharp.PyBridge), and gives every
# token of a text the log-probability that `grulm score` gives, within 1e-4. The text is short, since on text that a model does not know
# its state may be chaotic.
# Usage: run.sh GRULM MODEL TEXT. Linux x64; needs the .NET SDK, gcc, python3, and 2 GB in TORCHSHARP_FOLDER (default: under TMPDIR), where
# the program is built once: minutes. Then it takes seconds.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
grulm=$1 model=$2 text=$3
place=${TORCHSHARP_FOLDER:-${TMPDIR:-/tmp}/grulm-torchsharp}
native=$place/out/runtimes/linux-x64/native
mkdir -p "$place"
if ! cmp -s "$here/compare.cs" "$place/compare.cs" || [ ! -e "$place/ready" ]; then
  rm -f "$place/ready"
  cp "$here/compare.cs" "$place/"
  dotnet build "$place/compare.cs" -c Release -o "$place/out" -v quiet --disable-build-servers >&2
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
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
head -c 300 "$text" > "$folder/text.txt"
$grulm export --model "$model" --to pytorch --out "$folder/x.pt"
$grulm export --model "$model" --to safetensors --out "$folder/x.safetensors"
$grulm score --model "$model" --data "$folder/text.txt" --json > "$folder/scores.jsonl"
LD_PRELOAD=$place/shim.so LD_LIBRARY_PATH=$native \
  dotnet "$place/out/compare.dll" "$model/config.json" "$folder/x.pt" "$folder/x.safetensors" "$folder/scores.jsonl"
