#!/usr/bin/env bash
# Proves that no damage to a tokenizer's model file does worse than the documented exception: 100,000 times one of four small models (BPE,
# unigram, characters, words) is damaged by up to three changed bits, changed bytes, cuts or holes, loaded, and, where it still loads,
# used to encode and decode. The normal tests do the same 500 times a model, with the same seed.
# Takes half a minute. Needs the .NET SDK alone.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/run-tests.sh" 'GruLM.Tests.Tokenization.ModelFileTests.A_damaged_model_works*'
