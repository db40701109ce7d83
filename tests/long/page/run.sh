#!/usr/bin/env bash
# Measures how fast the page of a model writes in Chromium: a model of V 8192, E = H = 512 and two layers, whose weights hardly matter.
# Usage: run.sh GRULM TEXT, a text of a megabyte or more. Needs the .NET SDK, chromium, and a quiet machine. Takes a minute or two.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
grulm=$1 text=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
$grulm train --data "$text" --vocab-size 8192 --emb-dim 512 --hidden-dim 512 --num-layers 2 --max-steps 20 --out-dir "$folder/model" \
    >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
$grulm export --model "$folder/model" --to html --out "$folder/page.html"
cp "$here/speed.cs" "$folder/"
dotnet build "$folder/speed.cs" -c Release -o "$folder/out" -v quiet --disable-build-servers >&2
dotnet "$folder/out/speed.dll" "$folder/page.html" "$(command -v chromium)"
