#!/usr/bin/env bash
# Proves that a text longer than two gigabytes, beyond what an array or a 32-bit number holds, is learned from whole and with little memory:
# a text of that length is written; grulm train reads, encodes and begins to learn it, while the memory of its process (without mapped
# files) is watched; eval finds the held-out thousandth at its end again, with the right number of bytes; and encoding the text to ids and
# back gives every byte of it.
#   long-text.sh [MEGABYTES]     2300 if nothing is said
# Takes two to five minutes. Needs the .NET SDK, Linux, three times the text's length on the disk of TMPDIR.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
megabytes=${1:-2300}
most_memory=1500 # megabytes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
text=$work/text.txt
model=$work/model

fail() {
  echo "long-text.sh: $1" >&2
  exit 1
}

# Every line is another one; some 54 bytes each.
(
  set +o pipefail # seq is stopped by head
  seq -f 'On day %.0f the fox found 3 eggs; the goose, none.' 1000000000 9999999999 | head -c "$((megabytes * 1000000 - 1))" >"$text"
)
echo >>"$text"
bytes=$(stat -c %s "$text")

"$root/grulm" --version # builds where that is needed
begin=$SECONDS
"$root/grulm" train --data "$text" --out-dir "$model" --vocab-size 400 --emb-dim 32 --hidden-dim 32 --num-layers 1 \
  --batch-size 16 --bptt 64 --max-steps 50 --val-fraction 0.001 --eval-tokens 100000 2>"$work/messages" &
training=$!
memory=0
while kill -0 "$training" 2>/dev/null; do
  now=$(awk '/^RssAnon/ { print int($2 / 1000) }' "/proc/$training/status" 2>/dev/null || true)
  ((${now:-0} <= memory)) || memory=$now
  sleep 0.2
done
wait "$training" || fail "training failed: $(tail -n 1 "$work/messages")"
echo "trained on $bytes bytes in $((SECONDS - begin)) s, with $memory MB of memory at most"
((memory > 0 && memory < most_memory)) || fail "$most_memory MB are the limit"

# The first token of the held-out part is not predicted.
begin=$SECONDS
predicted=$("$root/grulm" eval --model "$model" --json 2>/dev/null | grep -o '"bytes": *[0-9]*' | grep -o '[0-9]*')
held_out=$((bytes - bytes * 999 / 1000))
echo "evaluated $predicted of $held_out held-out bytes in $((SECONDS - begin)) s"
((predicted <= held_out && predicted > held_out - 100)) || fail "the held-out part is another one"

begin=$SECONDS
"$root/grulm" tokenizer encode --model "$model" "$text" | "$root/grulm" tokenizer decode --model "$model" | cmp - "$text" ||
  fail "the text did not come back"
echo "encoded and decoded it in $((SECONDS - begin)) s: every byte came back"
