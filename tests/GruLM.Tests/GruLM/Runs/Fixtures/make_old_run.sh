#!/usr/bin/env bash
# Makes run-of-414f4f1, a run by the program as it was at that commit, which newer ones must still resume, evaluate and show. Usage:
# make_old_run.sh CHECKOUT, a checkout of that commit. The path of the text in settings.json is replaced by TEXT, for the test to fill in.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
model=$here/run-of-414f4f1
"$1/grulm" train --data "$here/text.txt" --out-dir "$model" --vocab-size 300 --hidden-dim 4 --emb-dim 4 --num-layers 1 --batch-size 2 \
  --bptt 8 --max-steps 6 --eval-interval 3 --save-interval 3 --keep 1 --sample-every 4 --threads 1 --optimizer muon --schedule constant \
  --warmup-steps 0
sed -i "s#$here/text.txt#TEXT#" "$model/training/settings.json"
rm "$model"/training/events.* "$model/training/samples.jsonl"
