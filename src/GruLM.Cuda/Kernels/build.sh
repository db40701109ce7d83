#!/usr/bin/env bash
# Compiles every kernel file to PTX for cards of compute capability 8.0 and up; the driver compiles that for the card it finds. The results
# are committed, so that building GruLM needs no clang. Needs clang 14: other versions write other text. Run: bash build.sh [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
to=${1:-.}
clang=${CLANG:-clang++-14}
for file in *.cu; do
  "$clang" -x cuda --cuda-device-only --cuda-gpu-arch=sm_80 -nocudalib -nocudainc -std=c++17 -O3 -S -Wall -Wextra -Werror \
    -Xclang -target-feature -Xclang +ptx75 "$file" -o - | grep -v '^[[:space:]]*//' >"$to/${file%.cu}.ptx"
done
