# SPDX-License-Identifier: Apache-2.0
# Sourced by engine_up.sh and engine_down.sh: the names that both derive from the directory they are given, so that
# tear-down finds everything without a record that a crash could have lost.
# shellcheck shell=bash
set -euo pipefail

dir=$(mkdir -p "$1" && cd "$1" && pwd -P)
tag=$(printf '%s' "$dir" | sha256sum | cut -c1-8)
run=/tmp/ctl-$tag # short, because a socket's path ends at 107 bytes
bridge=ctl-$tag   # 12 of the 15 characters that an interface may have
socket=$run/d.sock

become_root() {
  [ "$(id -u)" -eq 0 ] && return 0
  command -v sudo >/dev/null && sudo -n true 2>/dev/null || return 1
  exec sudo -n --preserve-env=AGENT_TEST_STRICT bash "$0" "$@"
}

# api METHOD PATH [curl arguments]: one call on our own socket; fails on a status of 400 or more and shows the body.
api() {
  local method=$1 path=$2
  shift 2
  curl --silent --show-error --fail-with-body --max-time 60 --unix-socket "$socket" -X "$method" "$@" "http://engine/v1.41$path"
}

# Processes of an earlier run, by the run directory in their command line: a pid file may be stale and name a stranger.
our_processes() {
  local file
  { grep -lazF -- "$run/" /proc/[0-9]*/cmdline || true; } 2>/dev/null | while read -r file; do
    case $(cat "${file%/cmdline}/comm" 2>/dev/null) in
      dockerd | containerd | containerd-shim* | docker-registry | docker-proxy) basename "${file%/cmdline}" ;;
    esac
  done
}

wait_until() { # SECONDS COMMAND...
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

descendants() {
  local child
  for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
    descendants "$child"
    echo "$child"
  done
}

no_process_left() { [ -z "$(our_processes)" ]; }

stop_everything() {
  local pid id
  # Containers first: dockerd would give each ten seconds, and whoever killed dockerd left them running.
  if [ -S "$socket" ]; then
    for id in $(api GET '/containers/json?all=1' 2>/dev/null | grep -oE '"Id":"[0-9a-f]{64}"' | cut -d'"' -f4); do
      api DELETE "/containers/$id?force=1" >/dev/null 2>&1 || true
    done
  fi
  # What is still running now has lost its engine: a shim that is told to stop would leave its container behind.
  for pid in $(our_processes); do
    grep -q containerd-shim "/proc/$pid/cmdline" 2>/dev/null || continue
    for id in $(descendants "$pid"); do kill -KILL "$id" 2>/dev/null || true; done
  done
  for pid in $(our_processes); do kill -TERM "$pid" 2>/dev/null || true; done
  wait_until 10 no_process_left || for pid in $(our_processes); do kill -KILL "$pid" 2>/dev/null || true; done
  wait_until 5 no_process_left || true
  # Overlay mounts and network namespaces outlive a killed engine. Innermost first.
  awk -v run="$run/" 'index($2, run) == 1 {print $2}' /proc/self/mounts | tac | while read -r pid; do
    umount --lazy "$pid" 2>/dev/null || true
  done
  # The engine keeps the bridges of its networks for its next start; their names stand in its database.
  for id in "$bridge" $(grep -aoE 'br-[0-9a-f]{12}' "$run/data/network/files/local-kv.db" 2>/dev/null | sort -u); do
    ip link delete "$id" 2>/dev/null || true
  done
  rm -rf --one-file-system "$run"
}
