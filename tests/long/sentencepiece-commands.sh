#!/usr/bin/env bash
# Proves that grulm tokenizer and SentencePiece's own commands do the same on texts that neither has seen: for each seed a text is generated
# and a few thousand hard lines (all planes of Unicode, combining marks, broken UTF-8, very long words); every kind of model is trained on
# the text by both, with options drawn by the seed, and must be the same file; and both must encode and decode text and lines alike, as ids
# and as pieces (compare_with_commands.sh). The normal tests compare with recorded results for seeds that never change.
#   sentencepiece-commands.sh [SEEDS [FIRST]]     seeds FIRST, FIRST + 1 …; 12 seeds from 1 if nothing is said
# Takes a few seconds a model, four models a seed: two minutes for 12 seeds. Needs the .NET SDK and SentencePiece 0.1.97: Debian's packages
# sentencepiece and python3-sentencepiece, whose Python is /usr/bin/python3.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
fixtures=$root/tests/GruLM.Tests/Tokenization/Fixtures
seeds=${1:-12}
first=${2:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
different=0
models=0

# Writes text.txt and hard.txt, and the options of each kind of model in a line.
generate() {
  /usr/bin/python3 - "$fixtures" "$1" <<'PYTHON'
import random, sys
sys.path.insert(0, sys.argv[1])
import make_fixtures
seed = int(sys.argv[2])
rng = random.Random(seed)
open("text.txt", "w", newline="").write(make_fixtures.small(rng))
open("hard.txt", "wb").write(make_fixtures.hard(rng))
for kind, low, high in (("bpe", 300, 1500), ("unigram", 300, 1500), ("char", 80, 300), ("word", 100, 900)):
    options = rng.choice(sorted(make_fixtures.OPTION_SETS.values()))
    print("--model_type=" + kind, "--vocab_size=%d" % rng.randint(low, high), options)
PYTHON
}

# Trains in the folder of one program, so that both models hold the same names. A refusal leaves no model.
train() {
  (cd "$1" && shift && "$@" >log 2>&1) || rm -f "$1/m.model"
}

for ((seed = first; seed < first + seeds; seed++)); do
  folder=$work/$seed
  mkdir -p "$folder/theirs" "$folder/ours"
  (cd "$folder" && generate "$seed" >options)
  cp "$folder/text.txt" "$folder/theirs"
  cp "$folder/text.txt" "$folder/ours"
  while read -r -a options; do
    models=$((models + 1))
    what="seed $seed: ${options[*]}"
    rm -f "$folder"/*/m.model
    train "$folder/theirs" spm_train --input=text.txt --model_prefix=m "${options[@]}"
    train "$folder/ours" "$root/grulm" tokenizer train --input=text.txt --model_prefix=m --compat=0.1 "${options[@]}"
    if [ ! -f "$folder/theirs/m.model" ] && [ ! -f "$folder/ours/m.model" ]; then
      echo "refused    $what"
    elif ! cmp -s "$folder/theirs/m.model" "$folder/ours/m.model"; then
      echo "DIFFERENT  $what"
      different=$((different + 1))
    elif (cd "$folder" && sh "$fixtures/compare_with_commands.sh" theirs/m.model "text.txt hard.txt" >comparison); then
      echo "same       $what"
    else
      echo "DIFFERENT  $what"
      grep DIFFERENT "$folder/comparison"
      different=$((different + 1))
    fi
  done <"$folder/options"
  rm -r "$folder"
done
echo "$models models, $different of them different"
((different == 0))
