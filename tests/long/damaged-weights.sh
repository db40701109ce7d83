#!/usr/bin/env bash
# Proves that damaged weights are read as sound ones or give InvalidDataException, never anything else, and within the bounds of memory that
# docs/exchange.md states: 100,000 times each checkpoints of PyTorch (among them one that is a bomb, and one that calls os.system),
# safetensors files, config.json, generation_config.json and an index of parts are damaged as Formats/Damage.cs does it: bytes, bits, cuts,
# holes, repeated stretches, huge numbers, random beginnings. The normal tests do the same 500 times each, with the same seeds.
# Takes a minute, or some where the disk of TMPDIR is slow. Needs the .NET SDK alone.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/run-tests.sh" 'GruLM.Tests.DamagedWeightsTests.Mutated_*'
