#!/usr/bin/env bash
# Proves on a machine with an NVIDIA card what docs/cuda.md says, a part at a time. Parts end in one of: held, failed, skipped (something is
# missing; the last line says what).
#   run.sh PART GRULM [TESTS [CORPUS [FLAGS]]]
# PART is one of
#   speed        training steps beside PyTorch's, every size: never slower
#   memory       what they take of the card's memory, at most half of PyTorch's
#   decode       writing texts beside PyTorch
#   native       a program without .NET trains; its checkpoints go from card to processor and back
#   leaks        a hundred starts and stops leave the card's memory as it was
#   tests        the tests of the model, on the card
#   sanitizer    compute-sanitizer finds nothing: memcheck, racecheck, synccheck over training, evaluating, writing
#   shakespeare  Tiny Shakespeare by characters: nanoGPT's figure in at most its three minutes
#   all          everything but shakespeare, some sizes of speed and memory left out
# GRULM is the native program, TESTS the folder of the self-contained tests (see docs/cuda.md), CORPUS Tiny Shakespeare's input.txt; FLAGS
# train on it instead of --preset shakespeare-char --minutes 3. A dash stands for a TESTS that there is none of.
# Takes nine minutes at most for all, where each part has a limit; alone a part takes as long as it needs. Needs Linux, python3 and the
# driver with nvidia-smi; PyTorch for speed, memory and decode; compute-sanitizer (SANITIZER names another path) for sanitizer.
# ROUNDS=N runs both sides of speed and decode N times in turn and compares medians.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
usage() { sed -n '/^#   run.sh/,/^# GRULM/p' "$here/run.sh" | sed '$d; s/^# \{0,1\}//' >&2; exit 2; }
(($# >= 2)) || usage
part=$1
grulm=$(realpath "$2")
tests=${3:--}
corpus=${4:-}
flags=("${@:5}")
((${#flags[@]} > 0)) || flags=(--preset shakespeare-char --minutes 3)
quick=${QUICK:-}
rounds=${ROUNDS:-1}
card=${CUDA_VISIBLE_DEVICES:-0}
card=${card%%,*}
sanitizer=${SANITIZER:-$(command -v compute-sanitizer || echo /usr/local/cuda/bin/compute-sanitizer)}
[ -x "$grulm" ] || { echo "run.sh: $2 is no program" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

fail() { echo "failed: $1" >&2; exit 1; }
skip() { echo "skipped: $1" >&2; exit 77; }
need_torch() { python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null || skip "needs PyTorch that sees the card"; }

# One line where this machine has no card; a card that will not do is a failure.
need_card() {
  "$grulm" bench generate --device cuda --vocab-size 100 --hidden-dim 32 --steps 1 >"$work/output" 2>&1 && return
  if grep -qE "no NVIDIA driver was found|finds no card" "$work/output"; then skip "$(tail -n 1 "$work/output")"; fi
  fail "$(tail -n 1 "$work/output")"
}

need_smi() { memory_now >/dev/null 2>&1 || skip "needs nvidia-smi"; }

# Megabytes in use on the whole card. What single processes use is hidden from containers.
memory_now() { nvidia-smi -i "$card" --query-gpu=memory.used --format=csv,noheader,nounits; }

# Runs a command, its output in $work/output, and prints by how many megabytes the use of the card's memory rose at most.
memory_of() {
  local before watch most
  before=$(memory_now)
  while memory_now; do sleep 0.02; done >"$work/samples" &
  watch=$!
  "$@" >"$work/output" 2>&1 || { kill "$watch"; fail "$*: $(tail -n 1 "$work/output")"; }
  kill "$watch"
  wait "$watch" || true
  most=$(sort -n "$work/samples" | tail -n 1)
  ((most > before)) || fail "nvidia-smi saw no memory taken by: $*"
  echo $((most - before))
}

# Text of so many lines that no other file is needed for.
make_text() {
  awk -v lines="$1" 'BEGIN { for (i = 1; i <= lines; i++) printf "On day %d the fox found %d eggs; the goose, %d.\n", i, i * i % 7, i % 3 }'
}

# train VOCABULARY HIDDEN LANES PRECISION STEPS
train() {
  "$grulm" bench train --device cuda --vocab-size "$1" --hidden-dim "$2" --batch-size "$3" --bptt 64 --precision "$4" --steps "$5" --json
}

speed() {
  need_torch
  local lanes=(32 64 128 256) round vocabulary hidden b precision
  if [ "$quick" ]; then lanes=(32 256); fi
  for ((round = 0; round < rounds; round++)); do
    python3 "$here/torch_gru.py" train ${quick:+--quick} >>"$work/theirs"
    for precision in bf16 fp32; do
      for vocabulary in 8192 32000; do
        for hidden in 512 1024; do
          for b in "${lanes[@]}"; do train "$vocabulary" "$hidden" "$b" "$precision" 30 >>"$work/ours"; done
        done
      done
    done
  done
  python3 "$here/ratios.py" "$work/ours" "$work/theirs" tokens_per_s --least 1
}

memory() {
  need_torch
  need_smi
  local sizes=("8192 512 32" "8192 512 256" "8192 1024 256" "32000 512 256" "32000 1024 32" "32000 1024 256")
  local size vocabulary hidden lanes precision ours theirs
  if [ "$quick" ]; then sizes=("8192 512 32" "32000 1024 256"); fi
  for size in "${sizes[@]}"; do
    read -r vocabulary hidden lanes <<<"$size"
    for precision in bf16 fp32; do
      ours=$(memory_of train "$vocabulary" "$hidden" "$lanes" "$precision" "$((lanes > 100 ? 60 : 400))")
      theirs=$(memory_of python3 "$here/torch_gru.py" "--only=$vocabulary,$hidden,$lanes,$precision")
      size="\"case\": \"train V $vocabulary H $hidden B $lanes T 64\", \"precision\": \"$precision\""
      echo "{$size, \"mb\": $ours}" >>"$work/ours"
      echo "{$size, \"mb\": $theirs}" >>"$work/theirs"
    done
  done
  echo "(by nvidia-smi, what the driver takes for a program included)"
  python3 "$here/ratios.py" "$work/ours" "$work/theirs" mb --most 0.5
}

decode() {
  need_torch
  local round precision sessions
  for ((round = 0; round < rounds; round++)); do
    python3 "$here/torch_gru.py" decode >>"$work/theirs"
    for precision in bf16 fp32; do
      for sessions in 1 256; do
        "$grulm" bench generate --device cuda --precision "$precision" --vocab-size 8192 --hidden-dim 512 --sessions "$sessions" \
          --steps $((sessions == 1 ? 1000 : 200)) --json >>"$work/ours"
      done
    done
  done
  echo "(the library's: top-k 50, drawn by the processor; on the card, and PyTorch's: drawn by probability there)"
  python3 "$here/ratios.py" "$work/ours" "$work/theirs" tokens_per_s
  echo "(a prompt)"
  "$grulm" bench generate --device cuda --precision fp32 --vocab-size 8192 --hidden-dim 512 --prompt-tokens 4096 --steps 100
}

# nll MODEL FLAGS: the held-out figure.
nll() {
  "$grulm" eval --model "$@" --json 2>>"$work/messages" |
    python3 -c 'import json, sys; print(round(json.load(sys.stdin)["nll"], 4))'
}

# GRULM in an environment in which no .NET is found, and with none of the kernels that the driver has kept.
bare() { env DOTNET_ROOT="$work/nothing" PATH="$work/nothing" CUDA_CACHE_PATH="$work/kept" "$grulm" "$@"; }

native() {
  if ls "$(dirname "$grulm")"/*.dll >/dev/null 2>&1; then fail "$grulm is no native program: there are assemblies beside it"; fi
  local model=$work/model common=(--emb-dim 128 --hidden-dim 128 --batch-size 16 --bptt 32) begin on_card on_processor
  make_text 4000 >"$work/text"
  for start in "first start, kernels compiled by the driver" "second start"; do
    begin=$(date +%s%N)
    bare bench generate --device cuda --hidden-dim 64 --steps 1 >/dev/null
    echo "$start: $((($(date +%s%N) - begin) / 1000000)) ms"
  done
  bare train --data "$work/text" --out-dir "$model" --model-type char --device cuda --max-steps 60 "${common[@]}" 2>"$work/messages" ||
    fail "$(tail -n 1 "$work/messages")"
  for device in cpu cuda; do
    steps=$([ "$device" = cpu ] && echo 80 || echo 100)
    bare train --resume "$model" --device "$device" --max-steps "$steps" 2>"$work/messages" || fail "$(tail -n 1 "$work/messages")"
  done
  on_card=$(nll "$model" --device cuda)
  on_processor=$(nll "$model" --device cpu)
  echo "trained on the card, on the processor and on the card; held-out nll on the card $on_card, on the processor $on_processor"
  python3 -c 'import sys; a, b = map(float, sys.argv[1:]); sys.exit(abs(a - b) > 0.005 * b)' "$on_card" "$on_processor" ||
    fail "card and processor disagree"
}

leaks() {
  need_smi
  local before after
  before=$(memory_now)
  for i in $(seq 100); do
    if ((i % 4)); then "$grulm" bench generate --device cuda --vocab-size 500 --hidden-dim 64 --steps 3
    else "$grulm" bench train --device cuda --vocab-size 500 --hidden-dim 64 --batch-size 16 --bptt 8 --steps 3; fi >/dev/null
  done
  sleep 2
  after=$(memory_now)
  echo "the card's memory in use before a hundred starts and stops: $before MB, after them: $after MB"
  ((after <= before + 2)) || fail "memory is left behind"
}

run_tests() {
  [ -x "$tests/GruLM.Tests" ] || skip "needs the folder of the self-contained tests"
  (cd "$tests" && GRULM_TESTS_CARD=1 ./GruLM.Tests -noColor -noLogo -class "GruLM.Tests.Cuda.*") | tee "$work/output"
  grep -qE 'Total: *[1-9]' "$work/output" || fail "no test ran"
}

# sanitized TOOL WHAT COMMAND: fails where the tool finds something.
sanitized() {
  local tool=$1 what=$2 begin=$SECONDS
  shift 2
  local options=(--tool "$tool")
  if [ "$tool" = memcheck ]; then options+=(--leak-check full); fi
  if ! "$sanitizer" "${options[@]}" --error-exitcode 99 --print-limit 5 "$@" >"$work/output" 2>&1; then
    tail -n 40 "$work/output" >&2
    fail "$tool, $what"
  fi
  echo "$tool, $what: nothing found ($((SECONDS - begin)) s)"
}

sanitize() {
  [ -x "$sanitizer" ] || skip "needs compute-sanitizer"
  local model=$work/model size=(--emb-dim 48 --hidden-dim 72 --num-layers 3 --batch-size 20 --bptt 6 --no-tie-weights)
  make_text 60 >"$work/text"
  local everything=(--layer-norm --residual --dropout 0.2 --input-dropout 0.1 --output-dropout 0.1 --embedding-dropout 0.1
    --recurrent-dropout 0.1 --ar 1 --tar 1 --ema 0.9 --optimizer muon --muon-every 2)
  local training=(train --data "$work/text" --model-type char --device cuda --overwrite --max-steps 4 "${size[@]}")
  for tool in memcheck synccheck racecheck; do
    sanitized "$tool" "training, everything on" "$grulm" "${training[@]}" --out-dir "$model" --precision bf16 "${everything[@]}"
    sanitized "$tool" "training in fp32" "$grulm" "${training[@]}" --out-dir "$work/fp32" --precision fp32 --locked-dropout --dropout 0.2
    sanitized "$tool" "evaluating" "$grulm" eval --model "$model" --device cuda --data "$work/text"
    sanitized "$tool" "writing" "$grulm" generate --model "$model" --device cuda --prompt "On day" -n 20
    sanitized "$tool" "writing many" "$grulm" generate --model "$model" --device cuda --prompt "On day" -n 20 --completions 20
    for precision in bf16 fp32; do
      sanitized "$tool" "texts and prompts in $precision" "$grulm" bench generate --device cuda --precision "$precision" \
        --vocab-size 300 --hidden-dim 72 --sessions 20 --prompt-tokens 100 --steps 3
      sanitized "$tool" "steps of many lanes in $precision" "$grulm" bench train --device cuda --precision "$precision" --vocab-size 300 \
        --hidden-dim 256 --batch-size 256 --bptt 3 --steps 1
    done
  done
}

shakespeare() {
  [ -f "$corpus" ] || skip "needs Tiny Shakespeare's input.txt"
  local model=$work/model begin=$SECONDS seconds figure
  "$grulm" train --data "$corpus" --out-dir "$model" --device cuda "${flags[@]}" || fail "training"
  seconds=$((SECONDS - begin))
  figure=$(nll "$model" --window 256)
  echo "windows of 256, on the processor in float32: $figure nats after $seconds s (nanoGPT on an A100: 1.4697 in three minutes)"
  python3 -c 'import sys; sys.exit(float(sys.argv[1]) > 1.4697)' "$figure" || fail "the figure is worse"
}

# Each part in a process of its own, which its limit ends.
all() {
  local results=() failed=0 code
  for limited in speed:130 memory:70 decode:40 native:40 leaks:100 tests:60 sanitizer:100; do
    code=0
    QUICK=1 timeout "${limited#*:}" bash "$here/run.sh" "${limited%:*}" "$grulm" "$tests" || code=$?
    case $code in
      0) results+=("${limited%:*}: held") ;;
      77) results+=("${limited%:*}: skipped") ;;
      124) results+=("${limited%:*}: not done in ${limited#*:} s") ;;
      *) results+=("${limited%:*}: failed") ;;
    esac
    ((code == 0 || code == 77)) || failed=1
  done
  printf '%s\n' "" "${results[@]}"
  return "$failed"
}

if [ "$part" != all ]; then
  echo "== $part"
  need_card
fi
case $part in
  speed | memory | decode | native | leaks | shakespeare | all) "$part" ;;
  tests) run_tests ;;
  sanitizer) sanitize ;;
  *) usage ;;
esac
