#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# agent_host_up.sh DIR AGENT WAIT_PROGRAM LAB: a host for agent containers and a server for it: an engine in mount and
# network namespaces of its own, with /run, /var/lib and /var/log of its own, so that the socket and the directories that
# the agent container mounts are not the machine's; two tags of the agent image; the lab on the engine's bridge. Writes
# DIR/host.env for agent_container_test.sh. By hand: agent_host_up.sh /tmp/x ...; agent_host_down.sh /tmp/x.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../engine_env.sh"
source "$here/agent_host_env.sh"
agent=$2
wait_program=$3
lab=$4
address=10.199.0.1

unavailable() {
  echo "agent_host_up: $1" >&2
  [ "${AGENT_TEST_STRICT:-}" = 1 ] && exit 1
  echo "unavailable='$1'" >"$dir/host.env"
  exit 0
}
for program in dockerd containerd docker unshare nsenter findmnt ip curl busybox; do
  PATH=$PATH:/usr/sbin:/sbin command -v $program >/dev/null || unavailable "$program is missing, see packaging/install-deps.sh"
done
become_root "$@" || unavailable "an engine of our own needs root or sudo"
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

stop_host
rm -f "$dir/host.env" "$dir/lab.log"
mkdir -m 0755 "$run" "$run/h" "$run/h/run" "$run/h/lib" "$run/h/log"
set -E
trap 'trap - ERR; tail -n 20 "$dir"/*.log >&2 || true; stop_host; exit 1' ERR
# The agent container mounts it, and the engine would make it without telling.
if [ ! -d /lib/modules ]; then
  touch "$dir/made-lib-modules"
  mkdir /lib/modules
fi

printf 'version = 2\nroot = "%s"\nstate = "%s"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\n  address = "%s"\n' \
  "$run/containerd-root" "$run/containerd-state" "$run/c.sock" >"$run/containerd.toml"
echo '{}' >"$run/daemon.json"
echo 'nameserver 127.0.0.53' >"$run/resolv.conf" # as systemd-resolved writes it: the stock scripts would not start
# What is mounted and linked there is gone with the last process in it; and no address outside can be reached.
setsid unshare --mount --net --propagation private bash -c '
  mount --bind "$1/resolv.conf" /etc/resolv.conf && mount --bind "$1/h/run" /run && mount --bind "$1/h/lib" /var/lib && mount --bind "$1/h/log" /var/log && ip link set lo up &&
    ip link add name "$2" type bridge && ip address add "$3/24" dev "$2" && ip link set "$2" up &&
    exec containerd --config "$1/containerd.toml"' containerd "$run" "$bridge" "$address" >"$dir/containerd.log" 2>&1 </dev/null &
containerd=$!
wait_until 20 test -S "$run/c.sock"
setsid nsenter --net --mount --target "$containerd" dockerd --host unix:///var/run/docker.sock --containerd "$run/c.sock" \
  --config-file "$run/daemon.json" --data-root "$run/data" --exec-root "$run/exec" --pidfile "$run/dockerd.pid" \
  --add-runtime "trimmed=$here/trimmed_runc.sh" --default-runtime trimmed \
  --bridge "$bridge" --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false >"$dir/dockerd.log" 2>&1 </dev/null &
wait_until 60 api GET /_ping
api GET /_ping >/dev/null

# The dynamic build of the tests needs its libraries in the image; the release's image has no need of EXTRA_ROOT.
mkdir -p "$run/build/agent" "$run/build/packaging/wait" "$run/extra"
strip --strip-debug -o "$run/build/agent/cattle-agent" "$agent"
cp "$wait_program" "$run/build/packaging/wait/r"
if readelf --program-headers --wide "$agent" | grep -q INTERP; then
  ldd "$agent" | grep -oE '/[^ ]+\.so[^ ]*' | xargs cp --dereference --parents --target-directory "$run/extra"
fi
DOCKER_HOST=unix://$socket EXTRA_ROOT=$run/extra "$here/../../../packaging/image/build.sh" "$image:1" "$run/build" >"$dir/image.log"
docker --host "unix://$socket" tag "$image:1" "$image:2"
rm -rf "$run/build" "$run/extra"
"$here/../../../packaging/busybox-root.sh" | docker --host "unix://$socket" import --change 'ENV PATH=/bin' - local/busybox:test >/dev/null

setsid nsenter --net --target "$containerd" "$lab" serve --address "$address" --port 0 --security --faster 5 >"$dir/lab.log" 2>&1 </dev/null &
echo $! >"$run/lab.pid"
wait_until 20 grep -q 'to register one' "$dir/lab.log"
cat >"$dir/host.env" <<ENV
unavailable=
socket=$socket
host=$run/h
image=$image
registration_url=$(sed -n 's/^to register one: *//p' "$dir/lab.log")
lab=$(sed -n 's/^cattle-lab listens at //p' "$dir/lab.log")/lab
agent=$agent
dockerd=$(cat "$run/dockerd.pid")
ENV
echo "agent_host_up: $dir/host.env"
