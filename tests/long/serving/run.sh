#!/usr/bin/env bash
# Proves what docs/serving.md says of `grulm serve` under load: 1,000 streams at once without an error, tokens per second of processor time
# beside those of `grulm bench generate --sessions 64`, memory a stream, the time to the first token beside 64 busy streams, and 10,000
# requests of all interfaces that are cut off midway and leave nothing behind: no text, no request, no thread, no memory. Ends with exit
# code 1 where a stream has an error or something is left.
# Usage: run.sh GRULM MODEL. Linux; needs the .NET SDK, and a quiet machine for the figures. Takes some minutes. The figures are of a model
# made by `grulm train --data TEXT --vocab-size 8192 --hidden-dim 512 --emb-dim 512 --num-layers 2 --max-steps 2`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
grulm=$1 model=$2
folder=$(mktemp -d)
server=
trap 'kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
cp "$here/load.cs" "$folder/"
dotnet build "$folder/load.cs" -c Release -o "$folder/out" -v quiet --disable-build-servers >&2
TIMEFORMAT='bench: %U user, %S system'
time $grulm bench generate --sessions 64
$grulm serve --model "$model" --port 0 >"$folder/log" 2>&1 &
server=$!
until grep -q 'serving at' "$folder/log"; do sleep 0.1; done
dotnet "$folder/out/load.dll" "$(sed -n 's/serving at \(http[^;]*\);.*/\1/p' "$folder/log")" "$server" 1000 400 10000
