#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# restart_engine.sh PID_FILE SOCKET: ends the test's own dockerd as a service manager would and starts it again with the
# same command line. Returns when it answers.
set -euo pipefail
if [ "$(id -u)" -ne 0 ]; then exec sudo -n bash "$0" "$@"; fi
pid=$(cat "$1")
socket=$2
[ "$(cat "/proc/$pid/comm")" = dockerd ] || { echo "restart_engine: process $pid is no dockerd" >&2; exit 1; }
mapfile -d '' -t command <"/proc/$pid/cmdline"
log=$(readlink "/proc/$pid/fd/2")
owner=$(stat -c %u "$socket")
# A dead process stays in sight where process 1 of a container reaps nobody.
runs() { grep -qsE '^State:[[:space:]]+[^Z[:space:]]' "/proc/$pid/status"; }
kill -TERM "$pid"
end=$((SECONDS + 40))
while runs; do
  [ $SECONDS -lt $end ] || { echo "restart_engine: dockerd did not end" >&2; exit 1; }
  sleep 0.1
done
setsid "${command[@]}" >>"$log" 2>&1 </dev/null &
end=$((SECONDS + 60))
until curl --silent --fail --max-time 5 --unix-socket "$socket" http://engine/_ping >/dev/null 2>&1; do
  [ $SECONDS -lt $end ] || { echo "restart_engine: dockerd did not come back" >&2; exit 1; }
  sleep 0.1
done
chown "$owner" "$socket"
