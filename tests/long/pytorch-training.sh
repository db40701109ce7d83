#!/usr/bin/env bash
# Proves that models go to PyTorch to learn on and come back: one is trained here, exported, trained 300 steps further by PyTorch's AdamW,
# imported and evaluated. The held-out bits a byte that `grulm eval` gives before and after are PyTorch's own, to 1e-4 of them, and PyTorch
# has made the model better. Done for a plain model and one with residual connections and layer normalisation.
# Usage: pytorch-training.sh GRULM TEXT. Takes some minutes. Needs python3 with torch (1.13 or newer); PYTHON names another one.
set -euo pipefail
grulm=$1 text=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cut=$(($(wc -c < "$text") * 9 / 10))
head -c "$cut" "$text" > "$folder/train.txt"
tail -c "+$((cut + 1))" "$text" | head -c 100000 > "$folder/held-out.txt"

for form in "" "--residual --layer-norm"; do
  here=$folder/here back=$folder/back
  # shellcheck disable=SC2086 # no word or several
  $grulm train --data "$folder/train.txt" --out-dir "$here" --overwrite --vocab-size 1024 --emb-dim 128 --hidden-dim 128 --num-layers 3 \
    --batch-size 16 --bptt 64 --max-steps 200 --dropout 0 $form 2> /dev/null > /dev/null
  $grulm eval --model "$here" --data "$folder/held-out.txt" --json > "$folder/before.json" 2> /dev/null
  $grulm export --model "$here" --to pytorch --out "$folder/here.pt" --with-code 2> /dev/null
  for part in train held-out; do
    $grulm score --model "$here" --data "$folder/$part.txt" --json 2> /dev/null | sed -E 's/^\{"id":([0-9]+),.*/\1/' > "$folder/$part.ids"
  done
  (cd "$folder" && ${PYTHON:-python3} - > "$folder/pytorch.json") <<'PY'
import json
import torch
import model
torch.manual_seed(1)
ids = {part: torch.tensor([int(line) for line in open(part + ".ids")]) for part in ("train", "held-out")}
net = model.load("here.pt")

def nll():
    """Of the held-out text as one stream, its first token unpredicted: nats a token."""
    net.eval()
    state, total, x = None, 0.0, ids["held-out"]
    with torch.no_grad():
        for at in range(0, len(x) - 1, 256):
            last = min(at + 256, len(x) - 1)
            logits, state = net(x[None, at:last], state)
            total += torch.nn.functional.cross_entropy(logits[0].double(), x[at + 1:last + 1], reduction="sum").item()
    return total / (len(x) - 1)

before = nll()
net.train()
lanes, steps = 16, 64
stream = ids["train"][:len(ids["train"]) // lanes * lanes].reshape(lanes, -1)
best, state = torch.optim.AdamW(net.parameters(), lr=2e-3), None
for step in range(300):
    at = step * steps % (stream.shape[1] - steps - 1)
    logits, state = net(stream[:, at:at + steps], None if state is None else state.detach())
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), stream[:, at + 1:at + steps + 1].flatten())
    best.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    best.step()
torch.save({"model": net.state_dict(), "step": 300}, "there.pt")
print(json.dumps({"tokens": len(ids["held-out"]) - 1, "before": before, "after": nll()}))
PY
  residual=
  if [[ $form == *--residual* ]]; then residual=--residual; fi
  $grulm import --weights "$folder/there.pt" --tokenizer "$here/tokenizer.model" --out-dir "$back" --overwrite $residual 2> /dev/null
  $grulm eval --model "$back" --data "$folder/held-out.txt" --json > "$folder/after.json" 2> /dev/null
  ${PYTHON:-python3} - "$folder" "${form:-plain}" <<'PY'
import json
import math
import sys
read = lambda name: json.load(open(f"{sys.argv[1]}/{name}.json"))
there, failed, bits = read("pytorch"), False, {}
for when in ("before", "after"):
    ours = read(when)
    theirs = there[when] * there["tokens"] / math.log(2) / ours["bytes"]
    bits[when] = ours["bits_per_byte"]
    print(f"{sys.argv[2]}: {when} {ours['bits_per_byte']:.6f} bits a byte here, {theirs:.6f} in PyTorch")
    failed |= ours["tokens"] != there["tokens"] or abs(theirs / ours["bits_per_byte"] - 1) > 1e-4
raise SystemExit(failed or bits["after"] > 0.97 * bits["before"])
PY
done
