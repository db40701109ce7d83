#!/usr/bin/env bash
# A native grulm where there is no OpenSSL: it trains on a small text, goes on training, measures, generates and serves. Binds an empty
# file over every OpenSSL library, so it must run in a view of the files of its own.
# Run as root: unshare -m bash without-openssl.sh PROGRAM
set -euo pipefail
grulm=$(realpath "$1")
serve=$(realpath "$(dirname "$0")/serve.sh")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

libraries=$(find -L /lib /lib64 /usr/lib /usr/lib64 /usr/local/lib -maxdepth 3 -type f \( -name 'libssl.so*' -o -name 'libcrypto.so*' \) \
  -exec realpath {} \; 2>/dev/null || true)
for library in $(sort -u <<<"$libraries"); do mount --bind /dev/null "$library"; done

awk 'BEGIN { for (i = 0; i < 2000; i++) print "The " (i % 3 ? "young" : "old") " clock of house " i * 7 % 20 " strikes " i % 12 + 1 "." }' \
  >"$work/text.txt"
cd "$work"
"$grulm" train --data text.txt --out-dir model --vocab-size 300 --hidden-dim 16 --emb-dim 16 --num-layers 1 --max-steps 10 --threads 2
"$grulm" train --resume model --max-steps 20
"$grulm" eval --model model
text=$("$grulm" generate --model model --prompt "The old" --max-tokens 20 --seed 1)
echo "$text"
[ "${#text}" -gt 10 ]
bash "$serve" model "$grulm"
