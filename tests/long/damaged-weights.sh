#!/usr/bin/env bash
# Proves that damaged weights are read as sound ones or give InvalidDataException, never anything else: 100,000 times each up to five bytes
# of a checkpoint of PyTorch, of a safetensors file and of a config.json are changed, and some are cut. The normal tests do the same 2,000
# times each, with the same seed.
# Takes some minutes. Needs the .NET SDK alone.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/run-tests.sh" 'GruLM.Tests.DamagedWeightsTests.Mutated_*'
