#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# wait_program_test.sh R CASE: the wait program as process 1 of a container without a network, on the engine of the tests.
set -euo pipefail
program=$1
engine=$CATTLE_TEST_ENGINE
unavailable=$(sed -n 's/.*"unavailable": "\(.*\)".*/\1/p' "$engine")
if [ -n "$unavailable" ]; then
  echo "skipped: $unavailable"
  exit 77
fi
value() { sed -n "s/.*\"$1\": \"\(.*\)\".*/\1/p" "$engine"; }
socket=$(value docker_host)
socket=${socket#unix://}
busybox_image=$(value image)
link=ctlw$$
container=
work=$(mktemp -d /tmp/ctl-wait.XXXXXX)

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
api() {
  local method=$1 path=$2
  shift 2
  curl --silent --show-error --fail-with-body --max-time 60 --unix-socket "$socket" -X "$method" "$@" "http://engine/v1.41$path"
}
clean_up() {
  [ -z "$container" ] || api DELETE "/containers/$container?force=1" >/dev/null || true
  "${as_root[@]}" ip link delete "$link" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT
fail() {
  echo "FAILED: $1" >&2
  exit 1
}

# start IMAGE COMMAND-AS-JSON-LIST: the way the agent starts a container of a managed network.
start() {
  cp "$program" "$work/r"
  container=$(api POST /containers/create -H 'Content-Type: application/json' -d "{
    \"Image\": \"$1\", \"Entrypoint\": [\"/.r/r\"], \"Cmd\": $2, \"Env\": [\"MARK=kept\"], \"StopTimeout\": 20,
    \"HostConfig\": {\"NetworkMode\": \"none\", \"Binds\": [\"$work:/.r:ro\"]}}" | grep -oE '[0-9a-f]{64}')
  api POST "/containers/$container/start"
}
state() { api GET "/containers/$container/json"; }
pid() { state | grep -oE '"Pid":[0-9]+' | head -n 1 | cut -d: -f2; }
exit_code() { api POST "/containers/$container/wait" | grep -oE '"StatusCode":[0-9]+' | cut -d: -f2; }
log() { api GET "/containers/$container/logs?stdout=1&stderr=1" | tr -d '\000-\010'; }
still_waiting() {
  sleep 1 # the time in which a program that does not wait would have started
  [ "$("${as_root[@]}" cat "/proc/$(pid)/comm")" = r ] || fail "did not wait: $(log)"
}
# plug NAME: moves an interface into the container as a network plugin does, still down and without an address.
plug() {
  "${as_root[@]}" ip link add "$link" type veth peer name "${link}p"
  "${as_root[@]}" ip link set "${link}p" netns "$(pid)"
  inside ip link set "${link}p" name "$1"
  "${as_root[@]}" ip link set "$link" up
}
inside() { "${as_root[@]}" nsenter --net="/proc/$(pid)/ns/net" "$@"; }

case $2 in
  busybox)
    start "$busybox_image" '["sh", "-c", "echo mark $MARK pid $$; ip -4 -o addr show eth0; exit 42"]'
    still_waiting
    plug eth0
    inside ip link set eth0 up
    still_waiting # up, but without a lasting address
    inside ip address add 10.99.0.2/16 dev eth0
    [ "$(exit_code)" = 42 ] || fail "exit status is not the command's: $(log)"
    log | grep -q 'mark kept pid 1$' || fail "environment or process id changed: $(log)"
    log | grep -q '10.99.0.2/16' || fail "started without the address: $(log)"
    ;;
  scratch)
    # An image with nothing but one static program: no PATH, no shell, no resolver files.
    mkdir "$work/root"
    cp /bin/busybox "$work/root/busybox"
    tar -C "$work/root" -cf - busybox | api POST '/images/create?fromSrc=-&repo=local/scratch&tag=wait' \
      -H 'Content-Type: application/x-tar' --data-binary @- >/dev/null
    start local/scratch:wait '["/busybox", "ls", "/busybox"]'
    still_waiting
    plug eth0
    inside ip address add 10.99.0.3/16 dev eth0
    still_waiting # an address, but down
    inside ip link set eth0 up
    [ "$(exit_code)" = 0 ] || fail "$(log)"
    log | grep -q '/busybox$' || fail "$(log)"
    ;;
  other_interface)
    start "$busybox_image" '["true"]'
    still_waiting
    plug net1
    inside ip address add 10.99.0.4/16 dev net1
    inside ip link set net1 up
    [ "$(exit_code)" = 0 ] || fail "$(log)"
    ;;
  signals)
    start "$busybox_image" '["sh", "-c", "trap \"exit 33\" TERM; echo ready; while :; do sleep 0.1; done"]'
    plug eth0
    inside ip address add 10.99.0.5/16 dev eth0
    inside ip link set eth0 up
    for _ in $(seq 100); do log | grep -q ready && break || sleep 0.1; done
    api POST "/containers/$container/kill?signal=TERM"
    [ "$(exit_code)" = 33 ] || fail "the signal did not reach the command: $(state)"
    ;;
  stopped_while_waiting)
    start "$busybox_image" '["true"]'
    still_waiting
    api POST "/containers/$container/kill?signal=TERM"
    [ "$(exit_code)" = 143 ] || fail "$(state)"
    ;;
  command_missing)
    start "$busybox_image" '["no-such-program"]'
    plug eth0
    inside ip address add 10.99.0.6/16 dev eth0
    inside ip link set eth0 up
    [ "$(exit_code)" = 127 ] || fail "$(state)"
    log | grep -q 'cannot start no-such-program: No such file' || fail "$(log)"
    ;;
  time_out)
    begin=$SECONDS
    start "$busybox_image" '["true"]'
    [ "$(exit_code)" = 124 ] || fail "$(log)"
    [ $((SECONDS - begin)) -ge 29 ] && [ $((SECONDS - begin)) -le 40 ] || fail "waited $((SECONDS - begin)) s"
    log | grep -q 'no network after 30 s, not starting true: there is no interface but lo' || fail "$(log)"
    ;;
  size)
    [ "$(stat -c %s "$program")" -lt 1000000 ] || fail "$(stat -c %s "$program") bytes"
    ! readelf --program-headers "$program" | grep -q INTERP || fail "is not static"
    ;;
  *) fail "no such case: $2" ;;
esac
