#!/usr/bin/env bash
# Proves that what was compressed comes back: 1,000 generated files (empty, random bytes, text, text among bytes, up to 60 KB), with and
# without learning, on one to three threads; all of Unicode; 10 MB. The normal tests do the same with 60 files of at most 12 KB.
# Takes some minutes. Needs the .NET SDK alone.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/run-tests.sh" 'GruLM.Tests.TextCompressionTests.*'
