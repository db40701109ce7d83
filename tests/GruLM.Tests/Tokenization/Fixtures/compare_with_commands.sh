#!/bin/sh
# Compares grulm tokenizer with SentencePiece's own commands (Debian's package sentencepiece, 0.1.97) on any models and texts, for instance
# the two ready models of SentencePiece's Python tests, which are not copied here (test_model.model and test_ja_model.model in
# python/test of its repository):
#   compare_with_commands.sh "test_model.model test_ja_model.model" "botchan.txt nekodearu.txt tinyshakespeare.txt"
# Every line's ids, pieces and decodings must be the same, byte for byte. Exit code 1 where they are not.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# Says whether two files are equal.
same() {
  if cmp -s "$work/ours" "$work/theirs"; then echo "same       $1"; else echo "DIFFERENT  $1"; failed=1; fi
}

for model in $1; do
  for text in $2; do
    for form in id piece; do
      "$root/grulm" tokenizer encode --model "$model" --output-format $form "$text" >"$work/ours"
      spm_encode --model="$model" --output_format=$form "$text" >"$work/theirs"
      same "$model $text $form"
      cp "$work/theirs" "$work/encoded"
      "$root/grulm" tokenizer decode --model "$model" --input-format $form "$work/encoded" >"$work/ours"
      spm_decode --model="$model" --input_format=$form "$work/encoded" >"$work/theirs"
      same "$model $text $form decoded"
    done
  done
done
exit $failed
