#!/usr/bin/env bash
# Proves that a saved state that is damaged is refused with the documented exception, whatever the damage: 100,000 times the state of a
# text has up to three bits changed, bytes changed, is cut or has a hole. The normal tests do the same 3,000 times, with the same seed.
# Takes a minute. Needs the .NET SDK alone.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/run-tests.sh" 'GruLM.Tests.TextSessionTests.A_file_that_is_damaged*'
