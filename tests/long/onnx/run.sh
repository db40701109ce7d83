#!/usr/bin/env bash
# Proves that what `grulm export --to onnx` writes is the same model in ONNX Runtime, on any text: logits and states agree within 1e-4 over
# 2,100 tokens, in single steps and in sequences of three, alone and seven side by side, each begun from the state that the model has here.
# So short, since on text that a model does not know its state may be chaotic: there two programs in float32 soon differ, and both from
# PyTorch in double precision. The normal tests compare longer sequences of models that are not.
# Usage: run.sh GRULM MODEL TEXT. Takes seconds a model, once compare.cs is built. Needs the .NET SDK; ONNX Runtime comes from NuGet.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
grulm=$1 model=$2 text=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
$grulm export --model "$model" --to onnx --out "$folder/x.onnx"
dotnet run "$here/compare.cs" "$folder/x.onnx" "$model" "$text"
