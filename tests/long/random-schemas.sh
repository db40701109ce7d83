#!/usr/bin/env bash
# Proves that what models of random weights write under random JSON schemas parses, and that a validator accepts it: 10,000 schemas of every
# keyword, with budgets from the least that suffices up. The normal tests take the first 500.
# Takes two minutes. Needs the .NET SDK alone.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/run-tests.sh" 'GruLM.Tests.JsonSchemaTests.What_models_of_random_weights_write*'
