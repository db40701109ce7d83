#!/usr/bin/env bash
# Proofs of training in several processes that take minutes: the same losses for 1 to 4 processes over 200 steps, speed on one machine and
# over a gigabit cable between two hosts (network namespaces) with and without a millisecond of latency, predictions beside what is
# measured, a process that is killed and a cable that is cut. Needs two free cores, root, Open MPI, iproute2, Python, and a built command:
# GRULM is its words, ./grulm by default. Run: bash tests/long/distributed/run.sh TEXT
# where TEXT is a text of a megabyte or so (figures: Tiny Shakespeare). Ends with 0 when everything held.
set -euo pipefail
text=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
read -ra grulm <<<"${GRULM:-$PWD/grulm}"
. tests/long/distributed/hosts.sh
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
work=$(mktemp -d)
trap 'hosts_down; rm -rf "$work"' EXIT
write_agent "$work/agent"
failed=0
holds() { if awk "BEGIN { exit !($2) }"; then echo "held: $1 ($2)"; else echo "FAILED: $1 ($2)"; failed=1; fi; }
quiet() { "$@" >"$work/log.txt" 2>&1 || { cat "$work/log.txt"; return 1; }; }

# The losses of a run, one a line; the median speed of its last half.
losses() { grep -o '"[a-z]*_nll":[0-9.]*' "$1/training/metrics.jsonl" | cut -d: -f2; }
speed() { grep -o '"tokens_per_s":[0-9.]*' "$1/training/metrics.jsonl" | cut -d: -f2 | tail -n 3 | sort -n | sed -n 2p; }
largest_difference() { paste "$1" "$2" | awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > most) most = d } END { print most + 0 }'; }

echo "== losses of 1 to 4 processes"
small=(train --data "$text" --vocab-size 512 --hidden-dim 64 --emb-dim 64 --num-layers 2 --dropout 0.2 --batch-size 10 --max-steps 200
  --log-interval 5 --threads 1 --precision fp32 --overwrite)
quiet "${grulm[@]}" "${small[@]}" --out-dir "$work/one"
losses "$work/one" >"$work/one.txt"
for ranks in 2 3 4; do
  quiet mpirun --oversubscribe --bind-to none -np "$ranks" "${grulm[@]}" "${small[@]}" --out-dir "$work/some"
  losses "$work/some" >"$work/some.txt"
  holds "$ranks processes give the losses of one" "$(largest_difference "$work/one.txt" "$work/some.txt") <= 1e-5"
done

echo "== speed: V 8192, E = H = 512, 2 layers, tied, 32 x 64, float32, one thread a process, three rounds"
quiet "${grulm[@]}" tokenizer train --input "$text" --model-prefix "$work/pieces" --vocab-size 8192 --model-type bpe --byte-fallback \
  --user-defined-symbols '<prompt>,<ai>,<end>' --hard-vocab-limit=false
large=(train --data "$text" --tokenizer "$work/pieces.model" --hidden-dim 512 --emb-dim 512 --num-layers 2 --batch-size 32 --bptt 64
  --max-steps 30 --log-interval 5 --val-fraction 0 --threads 1 --precision fp32 --overwrite)
for round in $(seq "${ROUNDS:-3}"); do
  quiet taskset -c 0 "${grulm[@]}" "${large[@]}" --out-dir "$work/p1"
  quiet mpirun -np 2 "${grulm[@]}" "${large[@]}" --out-dir "$work/p2"
  hosts_up 1
  quiet on_hosts "$work/agent" "${grulm[@]}" "${large[@]}" --out-dir "$work/hosts"
  hosts_up 1 1
  quiet on_hosts "$work/agent" "${grulm[@]}" "${large[@]}" --out-dir "$work/far"
  echo "$(speed "$work/p1") $(speed "$work/p2") $(speed "$work/hosts") $(speed "$work/far")" | tee -a "$work/speeds.txt"
done
median() { awk "{ print \$$1 / \$1 }" "$work/speeds.txt" | sort -n | sed -n "$(((${ROUNDS:-3} + 1) / 2))p"; }
holds "two processes on one machine" "$(median 2) >= 1.8"
holds "two hosts on a gigabit cable" "$(median 3) >= 1.55"
holds "two hosts on a gigabit cable with a millisecond of latency" "$(median 4) >= 1.55"

echo "== what is predicted from a step of one process and the connection, beside what is measured"
figure() { grep -o "\"$1\":[0-9.]*" "$work/bench.txt" | cut -d: -f2; }
for where in "one machine" "two hosts" "two hosts with a millisecond"; do
  bench=("${grulm[@]}" bench train --threads 1 --json)
  case $where in
    "one machine") mpirun -np 2 "${bench[@]}" ;;
    "two hosts")
      hosts_up 1
      on_hosts "$work/agent" "${bench[@]}"
      ;;
    *)
      hosts_up 1 1
      on_hosts "$work/agent" "${bench[@]}"
      ;;
  esac >"$work/bench.txt"
  cat "$work/bench.txt"
  holds "$where: the prediction is within a tenth" "($(figure predicted_ms) / $(figure median_ms) - 1) ^ 2 <= 0.01"
done

echo "== a process is killed, a cable is cut"
long=(train --data "$text" --vocab-size 512 --hidden-dim 64 --emb-dim 64 --num-layers 2 --dropout 0.2 --batch-size 10
  --schedule constant --warmup-steps 10 --save-interval 20 --keep 2 --log-interval 5 --threads 1 --precision fp32 --overwrite)
newest() { ls "$1/training" 2>/dev/null | sed -n 's/^step-\([0-9]*\)$/\1/p' | sort -n | tail -n 1; }
# Under .NET or native; neither the launcher nor its agents, whose lines name the folder too.
running() { pgrep -fa -- "--out-dir $1" | grep -cE '^[0-9]+ (\S*/)?(dotnet|grulm) ' || true; }
export GRULM_MPI_TIMEOUT=5
for what in kill cut; do
  hosts_up 1
  on_hosts "$work/agent" "${grulm[@]}" "${long[@]}" --max-steps 20000 --out-dir "$work/$what" >"$work/log.txt" 2>&1 &
  launcher=$!
  until steps=$(newest "$work/$what") && [ "${steps:-0}" -ge 200 ]; do sleep 0.2; done
  began=$(date +%s.%N)
  holds "$what: processes that run before" "$(running "$work/$what") == 2"
  if [ "$what" = kill ]; then kill -9 "$(pgrep -n -f -- "--out-dir $work/kill")"; else cut_cable; fi
  for i in $(seq 300); do
    [ "$(running "$work/$what")" != 0 ] || break
    sleep 0.1
  done
  took=$(awk "BEGIN { print $(date +%s.%N) - $began }")
  pkill -KILL -f "plm_rsh_agent $work/agent" || true
  wait "$launcher" || true
  grep -aE "grulm: rank|noticed that process rank" "$work/log.txt" || true
  holds "$what: all processes have ended, seconds" "$took <= 15"
done

echo "== going on after that gives what never stopping gives, digit for digit"
steps=$(newest "$work/kill")
quiet mpirun -np 2 "${grulm[@]}" train --resume "$work/kill" --max-steps $((steps + 50)) --epochs 1000
quiet mpirun -np 2 "${grulm[@]}" "${long[@]}" --max-steps $((steps + 50)) --epochs 1000 --out-dir "$work/never"
after() { sed -n 's/^{"step":\([0-9]*\),.*"train_nll":\([0-9.]*\).*/\1 \2/p' "$1/training/metrics.jsonl" | awk "\$1 > $steps" | sort -nu; }
after "$work/never" >"$work/never.txt"
after "$work/kill" | sort -n -k1,1 -u >"$work/resumed.txt"
holds "there are figures to compare" "$(wc -l <"$work/never.txt") == 10"
holds "they are the same" "$(diff "$work/never.txt" "$work/resumed.txt" | wc -l) == 0"
exit "$failed"
