#!/usr/bin/env bash
# Proves that a training run survives being killed: twenty times its process is killed outright, by turns at a random instant and inside a
# save, and resumed. No more than the steps since the last checkpoint is ever lost, and at the end the model and the figures are those of a
# run that was never stopped, bit for bit. The normal tests kill four times, with the same seed.
# Takes half a minute. Needs the .NET SDK alone.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/run-tests.sh" 'GruLM.Tests.Cli.KillTests.Killed_again_and_again*'
