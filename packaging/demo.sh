#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# demo.sh BUILD_DIR: the story of `make demo`, on the engine at DOCKER_HOST, else on a private one that is gone
# afterwards. KEEP=1 stays up until it is interrupted.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=$(realpath "$1")
work=$build/demo
engine_dir=
imported=
mkdir -p "$work"

# api HOST METHOD PATH [curl arguments]
api() {
  local host=$1 method=$2 path=$3
  shift 3
  case $host in
    unix://*) curl --silent --show-error --fail --max-time 60 --unix-socket "${host#unix://}" -X "$method" "$@" "http://engine$path" ;;
    tcp://*) curl --silent --show-error --fail --max-time 60 -X "$method" "$@" "http://${host#tcp://}$path" ;;
    *) return 1 ;;
  esac
}
answers() { api "$1" GET /_ping >/dev/null 2>&1; }

clean_up() {
  if [ -n "$imported" ]; then api "$host" DELETE "/images/$imported?force=1" >/dev/null 2>&1 || true; fi
  if [ -n "$engine_dir" ]; then tests/engine/engine_down.sh "$engine_dir"; fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

host=${DOCKER_HOST:-}
if [ -n "$host" ] && answers "$host"; then
  echo "demo: engine at $host"
else
  [ -z "$host" ] || echo "demo: no engine answers at DOCKER_HOST ($host)"
  engine_dir=$work/engine
  AGENT_TEST_STRICT=0 tests/engine/engine_up.sh "$engine_dir" >/dev/null
  reason=$(sed -n 's/.*"unavailable": "\(.*\)".*/\1/p' "$engine_dir/engine.json")
  if [ -n "$reason" ]; then
    engine_dir=
    host=unix:///var/run/docker.sock
    answers "$host" || {
      echo "demo: $reason, and no engine answers at $host; set DOCKER_HOST" >&2
      exit 1
    }
    echo "demo: engine at $host"
  else
    host=$(sed -n 's/.*"docker_host": "\(.*\)".*/\1/p' "$engine_dir/engine.json")
    echo "demo: a private engine at $host"
  fi
fi

image=local/cattle-demo:1
packaging/busybox-root.sh | api "$host" POST \
  '/v1.24/images/create?fromSrc=-&repo=local/cattle-demo&tag=1&changes=CMD%20%5B%22/bin/sh%22%5D&changes=ENV%20PATH%3D/bin' \
  -H 'Content-Type: application/x-tar' --data-binary @- >/dev/null || {
  echo "demo: the engine does not import an image" >&2
  exit 1
}
imported=$image

options=()
[ "${KEEP:-}" != 1 ] || options+=(--keep)
"$build/lab/cattle-lab" demo --agent "$build/agent/cattle-agent" --docker-host "$host" --image "$image" --directory "$work" \
  "${options[@]}"
