#!/usr/bin/env bash
# Proves that tokenizers learned from whole books are SentencePiece's, byte for byte, and that they cut those books alike: every training
# and encoding of Tokenization/Fixtures, some 120 models and 220 texts, by the recorded hashes of what SentencePiece 0.1.97 made of them.
# The normal tests take all those on the generated text and a few of the others.
#   reference-corpora.sh FOLDER     the folder holds botchan.txt and nekodearu.txt (from SentencePiece's repository, folder data) and
#                                   tinyshakespeare.txt (from karpathy/char-rnn, data/tinyshakespeare/input.txt)
# Takes two to five minutes. Needs the .NET SDK and those three texts.
set -euo pipefail
folder=$(cd "${1:?name the folder that holds botchan.txt, nekodearu.txt and tinyshakespeare.txt}" && pwd)
for text in botchan nekodearu tinyshakespeare; do
  if [ ! -f "$folder/$text.txt" ]; then
    echo "$folder/$text.txt is missing" >&2
    exit 1
  fi
done
GRULM_CORPORA=$folder exec "$(dirname "${BASH_SOURCE[0]}")/run-tests.sh" 'GruLM.Tests.Tokenization.ReferenceTests.*'
