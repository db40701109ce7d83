#!/usr/bin/env bash
# Compiles every kernel file to PTX for cards of compute capability 8.0 and up; the driver compiles that for the card it finds. The results
# are committed, so that building GruLM needs no clang. Needs clang 14: other versions write other text. Run: bash build.sh [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
to=${1:-.}
clang=${CLANG:-clang++-14}
compile() {
  "$clang" -x cuda --cuda-device-only --cuda-gpu-arch=sm_80 -nocudalib -nocudainc -std=c++17 -O3 -S -Wall -Wextra -Werror \
    -Xclang -target-feature -Xclang +ptx75 "$1" -o - | grep -v '^[[:space:]]*//'
}

for file in *.cu; do compile "$file" >"$to/${file%.cu}.ptx"; done

# clang 14 does not know Hopper; what is Hopper's stands in these files as text, and the head has to allow it.
for file in Hopper/*.cu; do
  compile "$file" | sed 's/^\.version 7\.5$/.version 8.0/; s/^\.target sm_80$/.target sm_90a/' >"$to/$(basename "${file%.cu}").ptx"
done
