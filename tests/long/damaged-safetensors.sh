#!/usr/bin/env bash
# Proves that a damaged safetensors file reads as another sound file or gives InvalidDataException, never anything else: 100,000 times up
# to three bytes of a small file's header are changed, the file is opened and all its tensors are read. The normal tests do the same 2,000
# times, with the same seed.
# Takes one to five minutes, as fast as the disk of TMPDIR is. Needs the .NET SDK alone.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/run-tests.sh" 'GruLM.Tests.Formats.SafetensorsTests.Mutations_never_give*'
