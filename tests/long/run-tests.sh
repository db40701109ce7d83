#!/usr/bin/env bash
# Builds the tests and runs those that fit a name, in full length (GRULM_TESTS=full). The other scripts of this folder call it:
#   run-tests.sh NAMESPACE.CLASS.METHOD     (an asterisk stands for anything)
# Fails where a test fails, where none fits the name, and where all that fit were skipped.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tests=$root/tests/GruLM.Tests
output=$(mktemp)
trap 'rm -f "$output"' EXIT
export GRULM_TESTS=full DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en

dotnet build "$tests" --disable-build-servers -v quiet -nologo >&2
program=$tests/bin/Debug/net10.0/GruLM.Tests.dll

# xUnit's own runner and Microsoft.Testing.Platform name the flag differently.
filter=-method
if dotnet "$program" --help 2>&1 | grep -q -- --filter-method; then filter=--filter-method; fi
dotnet "$program" "$filter" "$1" | tee "$output"

# Both end with a summary of counts, one on a line of its own, the other on several.
count() { grep -ioE "(^|[ ,])$1: *[0-9]+" "$output" | grep -oE '[0-9]+' | tail -n 1 || true; }
total=$(count total)
skipped=$(count skipped)
if ((${total:-0} - ${skipped:-0} == 0)); then
  echo "no test ran: ${total:-0} fit '$1', ${skipped:-0} were skipped" >&2
  exit 1
fi
