#!/usr/bin/env bash
# Proves that damaged tokens are used as sound ones, made anew, or give InvalidDataException, never anything else, and within a bound of
# memory: 100,000 times each the files that train keeps of an encoded text (ids of two and of four bytes, lengths of lines), and lines of
# ids, pieces and JSON as `tokenizer encode` writes them, are damaged as Formats/Damage.cs does it. The normal tests do the same 500 times.
# Takes two to six minutes. Needs the .NET SDK alone.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
"$here/run-tests.sh" 'GruLM.Tests.Training.DamagedTokensTests.*'
exec "$here/run-tests.sh" 'GruLM.Tests.Tokenization.DamagedLinesTests.*'
