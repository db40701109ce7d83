#!/usr/bin/env bash
# Microsoft.ML.Tokenizers, for `grulm bench tokenizer --peer`: mltokenizers.sh MODEL TEXT ROUNDS.
# Needs the .NET SDK, and room in MLTOKENIZERS_FOLDER (default: under ~/.cache), where it is built once: a minute.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=${MLTOKENIZERS_FOLDER:-${XDG_CACHE_HOME:-$HOME/.cache}/grulm-mltokenizers}
mkdir -p "$place"
if ! cmp -s "$here/mltokenizers.cs" "$place/mltokenizers.cs" || [ ! -e "$place/out/mltokenizers.dll" ]; then
  rm -rf "$place/out"
  cp "$here/mltokenizers.cs" "$place/"
  dotnet build "$place/mltokenizers.cs" -c Release -o "$place/out" -v quiet --disable-build-servers >&2
fi
exec dotnet "$place/out/mltokenizers.dll" "$@"
