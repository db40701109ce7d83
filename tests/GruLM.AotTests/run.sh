#!/usr/bin/env bash
# Checks of native programs: GruLM.AotTests prints the same as a native program as under the JIT, on this machine and for 64-bit ARM in
# an emulator, and the command serves the same and needs no OpenSSL. Native publishing needs a C linker, the emulator more; what is
# missing is installed with apt-get where that can be done, else the check is skipped. The solution has been built in Release before.
# Run: bash tests/GruLM.AotTests/run.sh RESULTS
# RESULTS is a file to which a line a check is added: passed, failed or skipped, and which check.
set -euo pipefail
results=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec </dev/null
program=tests/GruLM.AotTests
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
touch "$results"

# What a native program may use is fixed when it is built; without a name that is little more than any processor of its kind has.
paths=(scalar vector128)
instructions=
if [ "$(uname -m)" = x86_64 ]; then
  paths+=(vector256)
  instructions=-p:IlcInstructionSet=x86-64-v3
fi

say() { echo "native check $2: $1${3:+ ($3)}"; echo "$1 $2" >>"$results"; }
check() { if "$2"; then say passed "$1"; else say failed "$1"; fi; }
publish() {
  dotnet publish "$@" -c Release -v quiet --disable-build-servers -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false \
    -p:NativeDebugSymbols=false
}
# The system is named by -r, which the libraries do not see: --use-current-runtime would have each of them compiled once more, for it.
runtime() { dotnet msbuild src/GruLM.Cli -getProperty:NETCoreSdkPortableRuntimeIdentifier; }
jit() { dotnet "$program/bin/Release/net10.0/GruLM.AotTests.dll" "$@"; }
is_root() { [ "$(id -u)" = 0 ]; }
install() {
  is_root && command -v apt-get >/dev/null &&
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
} >"$work/install.txt" 2>&1

same_as_jit() {
  jit "${paths[@]}" >"$work/jit.txt" &&
    publish "$program" -r "$(runtime)" $instructions -o "$work/tests" &&
    "$work/tests/GruLM.AotTests" "${paths[@]}" >"$work/native.txt" &&
    diff "$work/jit.txt" "$work/native.txt"
}

# One file, not too large. On x64 it holds three programs: each is to say which kernels it would use.
command_is_one_file() {
  publish src/GruLM.Cli -r "$(runtime)" -o "$work/command" &&
    [ "$(ls "$work/command")" = grulm ] && [ "$(wc -c <"$work/command/grulm")" -le 25000000 ] && "$work/command/grulm" --version
}

every_level_runs() {
  local level
  for level in 2 3 4; do
    GRULM_LEVEL=$level "$work/command/grulm" tokenizer normalize --normalization-rule-name nmt_nfkc <<<"ｌｅｖｅｌ $level" |
      grep -qx "level $level" || return 1
  done
  for level in 1 5 22 x ""; do
    ! GRULM_LEVEL=$level "$work/command/grulm" --version 2>"$work/level.txt" &&
      grep -q "GRULM_LEVEL is 2, 3 or 4" "$work/level.txt" || return 1
  done
}

damaged_is_said() {
  head -c 1000000 "$work/command/grulm" >"$work/cut" && chmod 755 "$work/cut" && ! "$work/cut" --version 2>"$work/cut.txt" &&
    grep -q "^grulm: .*damaged" "$work/cut.txt"
}

# The command under .NET and the native one, asked the same.
serves_as_jit() {
  local jit=(dotnet src/GruLM.Cli/bin/Release/net10.0/GruLM.Cli.dll) text="$work/served-text.txt"
  for i in $(seq 400); do echo "The $([ $((i % 3)) = 0 ] && echo old || echo young) clock strikes $((i % 12 + 1))."; done >"$text"
  "${jit[@]}" train --data "$text" --out-dir "$work/served" --vocab-size 320 --hidden-dim 16 --emb-dim 16 --num-layers 1 --max-steps 10 &&
    bash "$program/serve.sh" "$work/served" "${jit[@]}" >"$work/served-jit.txt" &&
    bash "$program/serve.sh" "$work/served" "$work/command/grulm" >"$work/served-native.txt" &&
    grep -q '"text":"..' "$work/served-jit.txt" && diff "$work/served-jit.txt" "$work/served-native.txt"
}

without_openssl() { unshare -m bash "$program/without-openssl.sh" "$work/command/grulm"; }

has_arm_tools() {
  command -v clang && command -v qemu-aarch64 && command -v aarch64-linux-gnu-objcopy && [ -e /usr/aarch64-linux-gnu/lib/libc.so ]
} >/dev/null

# What the JIT said above, but for the path that only x64 has.
same_on_arm() {
  grep -v "^Vector256: " "$work/jit.txt" >"$work/jit-arm.txt" && [ "$(grep -c ": last epoch's nll " "$work/jit-arm.txt")" = 2 ] &&
    publish "$program" -r linux-arm64 -p:IlcInstructionSet=armv8.2-a -p:CppCompilerAndLinker=clang \
      -p:ObjCopyName=aarch64-linux-gnu-objcopy -o "$work/arm" &&
    qemu-aarch64 -L /usr/aarch64-linux-gnu "$work/arm/GruLM.AotTests" scalar vector128 >"$work/arm.txt" &&
    diff "$work/jit-arm.txt" "$work/arm.txt"
}

if ! command -v clang >/dev/null && ! command -v gcc >/dev/null && ! install clang; then
  say skipped all "there is no C linker, and clang cannot be installed"
  exit
fi
check "same as the JIT" same_as_jit
check "the whole command as one file" command_is_one_file
check "serving as the JIT does" serves_as_jit
if [ "$(uname -sm)" = "Linux x86_64" ]; then
  check "each level of x86-64" every_level_runs
  check "a damaged file" damaged_is_said
fi
if [ ! -x "$work/command/grulm" ] || [ "$(uname -s)" != Linux ]; then
  say skipped "without OpenSSL" "there is no native command for Linux"
elif ! is_root || ! unshare -m true 2>/dev/null; then
  say skipped "without OpenSSL" "only root can hide it"
else
  check "without OpenSSL" without_openssl
fi
if [ "$(uname -sm)" != "Linux x86_64" ]; then
  say skipped "64-bit ARM" "only done on Linux x64"
elif ! has_arm_tools && ! { install clang gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user && has_arm_tools; }; then
  say skipped "64-bit ARM" "its compiler and emulator cannot be installed here"
else
  check "64-bit ARM" same_on_arm
fi
