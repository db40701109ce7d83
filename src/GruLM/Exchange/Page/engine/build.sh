#!/usr/bin/env bash
# Compiles kernel.c to kernel.wasm, which is committed, so that building the solution needs no compiler for WebAssembly.
# A test does it again and compares. Needs clang 14 and lld 14: apt-get install clang-14 lld-14. Run: ./build.sh [OUT]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# Memory is JavaScript's; -ffp-contract=off since nothing may be fused.
clang-14 --target=wasm32 -msimd128 -O3 -ffp-contract=off -nostdlib -Wall -Wextra -Werror -fuse-ld="$(command -v wasm-ld-14)" \
  -Wl,--no-entry,--import-memory,--strip-all -o "${1:-kernel.wasm}" kernel.c
