#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# engine_up.sh DIR: starts a Docker engine and a registry of our own for the engine tests and writes DIR/engine.json,
# which tests/support/test_engine.hpp reads. Nothing of the user's engine is touched: socket, data, containerd, bridge
# and network range are ours, and iptables is left alone (two engines would flush each other's chains; published ports
# are served by docker-proxy). By hand: engine_up.sh /tmp/x; export CATTLE_TEST_ENGINE=/tmp/x/engine.json.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/engine_env.sh"

registry_user=tester
registry_password=registry-password-$tag

# A machine that cannot run an engine skips these tests and says why; AGENT_TEST_STRICT=1 turns that into a failure.
unavailable() {
  echo "engine_up: $1" >&2
  [ "${AGENT_TEST_STRICT:-}" = 1 ] && exit 1
  printf '{"unavailable": "%s"}\n' "$1" >"$dir/engine.json"
  exit 0
}

for program in dockerd containerd docker-registry htpasswd ip curl busybox tar; do
  PATH=$PATH:/usr/sbin:/sbin command -v $program >/dev/null || unavailable "$program is missing, see packaging/install-deps.sh"
done
become_root "$@" || unavailable "an engine of our own needs root or sudo"
PATH=/usr/sbin:/usr/bin:/sbin:/bin

stop_everything
rm -f "$dir/engine.json"
mkdir -m 0755 "$run"
set -E
trap 'trap - ERR; tail -n 20 "$dir"/*.log >&2 || true; stop_everything; exit 1' ERR

# The first /24 of 10.200-10.247 from a place of our own that no route of this machine covers.
free_subnet() {
  local start=$((16#${tag:0:4} % 12000)) step n candidate
  for step in $(seq 0 199); do
    n=$(((start + step * 7) % 12000))
    candidate=10.$((200 + n / 250)).$((n % 250))
    ip route show root "$candidate.0/24" match "$candidate.1" 2>/dev/null | grep -v '^default' | grep -q . || { echo "$candidate"; return; }
  done
  return 1
}

engine_answers_or_died() { api GET /_ping || ! kill -0 "$1"; }

start_engine() {
  local subnet
  subnet=$(free_subnet)
  ip link add name "$bridge" type bridge 2>"$dir/bridge.log" || { stop_everything; unavailable "no permission to create a network bridge"; }
  ip address add "$subnet.1/24" dev "$bridge"
  ip link set "$bridge" up

  # A containerd of our own even where the system runs one: it keeps containers by namespace, and engines share that name.
  printf 'version = 2\nroot = "%s"\nstate = "%s"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\n  address = "%s"\n' \
    "$run/containerd-root" "$run/containerd-state" "$run/c.sock" >"$run/containerd.toml"
  setsid containerd --config "$run/containerd.toml" >"$dir/containerd.log" 2>&1 </dev/null &
  wait_until 20 test -S "$run/c.sock"
  echo '{}' >"$run/daemon.json" # the machine's own /etc/docker/daemon.json must not count
  setsid dockerd --host "unix://$socket" --containerd "$run/c.sock" --config-file "$run/daemon.json" \
    --data-root "$run/data" --exec-root "$run/exec" --pidfile "$run/dockerd.pid" \
    --bridge "$bridge" --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
    --default-address-pool "base=${subnet%.*}.0.0/16,size=24" >"$dir/dockerd.log" 2>&1 </dev/null &
  wait_until 60 engine_answers_or_died $!
  api GET /_ping >/dev/null
}

start_registry() {
  mkdir "$run/registry"
  htpasswd -Bbn "$registry_user" "$registry_password" >"$run/registry/htpasswd" 2>/dev/null
  cat >"$run/registry/config.yml" <<YAML
version: 0.1
log: {level: info, accesslog: {disabled: false}}
storage: {filesystem: {rootdirectory: $run/registry/data}, delete: {enabled: true}}
http: {addr: "127.0.0.1:0", secret: $tag}
auth: {htpasswd: {realm: cattle-test, path: $run/registry/htpasswd}}
YAML
  setsid docker-registry serve "$run/registry/config.yml" >"$dir/registry.log" 2>&1 </dev/null &
  wait_until 20 grep -q 'listening on' "$dir/registry.log"
  registry=127.0.0.1:$(grep -oE 'listening on 127\.0\.0\.1:[0-9]+' "$dir/registry.log" | head -n 1 | grep -oE '[0-9]+$')
}

import_busybox() {
  "$here/../../packaging/busybox-root.sh" | api POST \
    '/images/create?fromSrc=-&repo=local/busybox&tag=test&changes=CMD%20%5B%22/bin/sh%22%5D&changes=ENV%20PATH%3D/bin' \
    -H 'Content-Type: application/x-tar' --data-binary @- >/dev/null
}

# Three layers more on top of busybox, each of other random bytes, so that a pull has layers to count and time to be joined.
push_layered_image() {
  local layer id image=local/busybox:test auth
  for layer in 1 2 3; do
    mkdir -p "$run/layer/data"
    head -c 400000 /dev/urandom >"$run/layer/data/layer-$layer"
    id=$(api POST /containers/create -H 'Content-Type: application/json' -d "{\"Image\": \"$image\", \"Cmd\": [\"/bin/sh\"]}" |
      grep -oE '[0-9a-f]{64}')
    tar -C "$run/layer" -cf - data | api PUT "/containers/$id/archive?path=/" -H 'Content-Type: application/x-tar' --data-binary @-
    image=$registry/team/layered:step-$layer
    api POST "/commit?container=$id&repo=$registry/team/layered&tag=step-$layer" >/dev/null
    api DELETE "/containers/$id" >/dev/null
    rm -rf "$run/layer"
  done
  auth=$(printf '{"username":"%s","password":"%s","serveraddress":"%s"}' "$registry_user" "$registry_password" "$registry" |
    base64 --wrap=0 | tr '+/' '-_')
  api POST "/images/$image/tag?repo=$registry/team/layered&tag=1"
  api POST "/images/$registry/team/layered/push?tag=1" -H "X-Registry-Auth: $auth" >"$dir/push.log"
  if grep -q '"error"' "$dir/push.log"; then
    cat "$dir/push.log" >&2
    return 1
  fi
  for layer in 1 step-3 step-2 step-1; do
    api DELETE "/images/$registry/team/layered:$layer" >/dev/null
  done
}

start_engine
start_registry
import_busybox
push_layered_image

cat >"$dir/engine.json.new" <<JSON
{
  "docker_host": "unix://$socket",
  "image": "local/busybox:test",
  "registry": "$registry",
  "registry_user": "$registry_user",
  "registry_password": "$registry_password",
  "registry_image": "$registry/team/layered:1",
  "registry_log_file": "$dir/registry.log",
  "bridge": "$bridge",
  "dockerd_pid_file": "$run/dockerd.pid"
}
JSON
if [ -n "${SUDO_UID:-}" ]; then
  chown "$SUDO_UID" "$socket" "$dir"/*.log "$dir/engine.json.new"
  chmod 0755 "$run"
fi
mv "$dir/engine.json.new" "$dir/engine.json"
echo "engine_up: $dir/engine.json"
