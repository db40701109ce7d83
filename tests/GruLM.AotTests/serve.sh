#!/usr/bin/env bash
# A server that is started, asked and stopped: prints a completion by a model, and how long it took until it answered.
# Run: bash serve.sh MODEL COMMAND..., the command being grulm in one of its forms
set -euo pipefail
model=$1
shift
said=$(mktemp)
trap 'rm -f "$said"' EXIT

ask() {
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf '%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
    "$1" "${#2}" "$2" >&3
  cat <&3
  exec 3>&-
}

begun=$(date +%s%N)
"$@" serve --model "small=$model" --port 0 2>"$said" &
server=$!
port=
for _ in $(seq 3000); do
  port=$(sed -n 's|^serving at http://127.0.0.1:\([0-9]*\);.*|\1|p' "$said")
  [ -z "$port" ] || break
  kill -0 $server
  sleep 0.01
done
ask "GET /health" "" | grep -q '"ok"'
echo "ready after $((($(date +%s%N) - begun) / 1000000)) ms" >&2
ask "POST /v1/completions" '{"model":"small","prompt":"The old","max_tokens":20,"seed":1}' | grep -o '"text":"[^"]*"'
kill -TERM $server
code=0
wait $server || code=$?
echo "exit code $code"
