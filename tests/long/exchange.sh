#!/usr/bin/env bash
# Proves that what `grulm export` writes is the same model in PyTorch: for a model folder, the state_dict loads with weights_only=True, and
# the model.py beside it gives every token of a text the log-probability that `grulm score` gives, within 1e-4.
# The text is short, since on text that a model does not know its state may be chaotic: there PyTorch in float32 soon differs from PyTorch
# in double precision too.
# Usage: exchange.sh GRULM MODEL TEXT. Takes seconds a model. Needs python3 with torch (1.13 or newer).
set -euo pipefail
grulm=$1 model=$2 text=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
head -c 300 "$text" > "$folder/text.txt"
$grulm export --model "$model" --to pytorch --out "$folder/x.pt" --with-code
$grulm score --model "$model" --data "$folder/text.txt" --json > "$folder/scores.jsonl"
cd "$folder"
${PYTHON:-python3} - <<'PY'
import json
import torch
import model
scores = [json.loads(line) for line in open("scores.jsonl")]
ids = torch.tensor([[s["id"] for s in scores]])
with torch.no_grad():
    logp = torch.log_softmax(model.load()(ids[:, :-1])[0][0], -1)
found = logp.gather(1, ids[0, 1:, None])[:, 0]
worst = (found - torch.tensor([s["logprob"] for s in scores[1:]])).abs().max().item()
print(f"{len(scores)} tokens, largest difference {worst:.2g}")
raise SystemExit(worst > 1e-4)
PY
