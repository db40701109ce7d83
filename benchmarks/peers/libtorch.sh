#!/usr/bin/env bash
# libtorch 2.10 through TorchSharp, for `grulm bench train --peer`: libtorch.sh VOCAB EMB HIDDEN LAYERS BATCH BPTT STEPS THREADS fp32|bf16.
# Linux x64; needs the .NET SDK, gcc, python3 and 2 GB in LIBTORCH_FOLDER (default: under ~/.cache), where it is built once: minutes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=${LIBTORCH_FOLDER:-${XDG_CACHE_HOME:-$HOME/.cache}/grulm-libtorch}
program=$("$here/../../tests/long/torchsharp/build.sh" "$here/libtorch.cs" "$place")
exec $program "$@"
