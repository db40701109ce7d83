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
compare=$("$here/build.sh" "$here/compare.cs" "$place")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
head -c 300 "$text" > "$folder/text.txt"
$grulm export --model "$model" --to pytorch --out "$folder/x.pt"
$grulm export --model "$model" --to safetensors --out "$folder/x.safetensors"
$grulm score --model "$model" --data "$folder/text.txt" --json > "$folder/scores.jsonl"
$compare "$model/config.json" "$folder/x.pt" "$folder/x.safetensors" "$folder/scores.jsonl"
