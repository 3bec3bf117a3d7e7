#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# demo.sh BUILD_DIR: the demo of `make demo`. Uses the Docker engine at DOCKER_HOST or, when none answers there, starts
# a private one with its own socket, data, containerd and bridge; imports a small image; then `cattle-lab demo` tells the
# story with a stand-in server and a real agent. Leaves nothing behind but the agent's log. KEEP=1 stays up until Ctrl-C.
set -uo pipefail

build=$(cd "${1:?usage: demo.sh BUILD_DIR}" && pwd) || exit 1
lab=$build/lab/cattle-lab
agent=$build/agent/cattle-agent
for program in "$lab" "$agent"; do
  [ -x "$program" ] || { echo "demo: $program is missing, build it first" >&2; exit 1; }
done
PATH=$PATH:/usr/sbin:/sbin

logs=$(mktemp -d /tmp/cattle-demo-XXXXXX)
tag=${logs##*-}
image=cattle-demo/busybox:$tag
private=
imported=
bridge=cd-$(echo "$tag" | tr 'A-Z' 'a-z')

answers() { docker --host "$1" version --format '{{.Server.Version}}' 2>/dev/null; }

gone() { # gone PID SECONDS: waits for a process that we started
  local end=$((SECONDS + $2))
  while kill -0 "$1" 2>/dev/null && [ $SECONDS -lt $end ]; do sleep 0.1; done
  ! kill -0 "$1" 2>/dev/null
}

clean_up() {
  trap - EXIT INT TERM
  if [ -n "$imported" ]; then
    # The story removes what it made; this is for a story that broke off.
    docker --host "$host" ps -aq --filter "ancestor=$image" | while read -r id; do docker --host "$host" rm -f "$id" >/dev/null; done
    docker --host "$host" volume ls -q --filter "name=cattle-demo-" | while read -r name; do
      [ "$name" = "cattle-demo-$story" ] && docker --host "$host" volume rm "$name" >/dev/null
    done
    docker --host "$host" rmi "$image" >/dev/null
  fi
  if [ -n "$private" ]; then
    for file in dockerd.pid containerd.pid; do
      pid=$(cat "$private/$file" 2>/dev/null) || continue
      kill "$pid" 2>/dev/null
      gone "$pid" 20 || kill -9 "$pid" 2>/dev/null
    done
    ip link delete "$bridge" 2>/dev/null
    awk -v at="$private/" 'index($2, at) == 1 {print $2}' /proc/mounts | sort -r | while read -r mount; do umount "$mount" 2>/dev/null; done
    rm -rf "$private"
  fi
  rm -rf "$logs/home" "$logs/image" "$logs/console.log" # the console has the same lines as the log
  [ -z "${SUDO_UID:-}" ] || chown -R "$SUDO_UID" "$logs" # so that who called can read and remove it
}
story=0
trap clean_up EXIT
trap 'exit 130' INT TERM

free_subnet() {
  local n
  for n in $(seq 0 99); do
    ip route show root "10.$((200 + n % 48)).$((n * 7 % 250)).0/24" match "10.$((200 + n % 48)).$((n * 7 % 250)).1" | grep -v '^default' | grep -q . && continue
    echo "10.$((200 + n % 48)).$((n * 7 % 250))" && return
  done
  return 1
}

start_engine() {
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null; then
      rmdir "$logs" # root makes one of its own, and hands it over at the end
      trap - EXIT
      exec sudo --preserve-env=KEEP,DOCKER_HOST bash "$0" "$build"
    fi
    echo "demo: no Docker engine answers at $host, and starting a private one needs root or sudo" >&2
    exit 1
  fi
  private=$(mktemp -d /tmp/cd-XXXXXX)
  chmod 755 "$private"
  local subnet
  subnet=$(free_subnet) && ip link add name "$bridge" type bridge && ip address add "$subnet.1/24" dev "$bridge" && ip link set "$bridge" up || {
    echo "demo: no network bridge can be made for a private engine" >&2
    exit 1
  }
  printf 'version = 2\nroot = "%s/cr"\nstate = "%s/cs"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\n  address = "%s/c.sock"\n' \
    "$private" "$private" "$private" >"$private/containerd.toml"
  setsid containerd --config "$private/containerd.toml" >"$private/containerd.log" 2>&1 </dev/null &
  echo $! >"$private/containerd.pid"
  echo '{}' >"$private/daemon.json"
  setsid dockerd --host "unix://$private/d.sock" --containerd "$private/c.sock" --config-file "$private/daemon.json" \
    --data-root "$private/data" --exec-root "$private/exec" --pidfile "$private/dockerd.pid" \
    --bridge "$bridge" --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false >"$private/dockerd.log" 2>&1 </dev/null &
  host=unix://$private/d.sock
  local end=$((SECONDS + 60))
  until version=$(answers "$host") && [ -n "$version" ]; do
    if [ $SECONDS -ge $end ]; then
      echo "demo: the private Docker engine did not start:" >&2
      tail -n 20 "$private/dockerd.log" "$private/containerd.log" >&2
      exit 1
    fi
    sleep 0.2
  done
}

host=${DOCKER_HOST:-unix:///var/run/docker.sock}
if version=$(answers "$host") && [ -n "$version" ]; then
  echo "Docker engine $version at $host"
else
  echo "No Docker engine answers at $host, starting a private one"
  start_engine
  echo "Docker engine $version at $host, bridge $bridge"
fi

# An image of one static program: every applet a link to it.
busybox=$(PATH=$PATH:/bin command -v busybox) || { echo "demo: busybox is missing, run packaging/install-deps.sh" >&2; exit 1; }
mkdir -p "$logs/image/bin" "$logs/image/tmp"
cp "$busybox" "$logs/image/bin/busybox"
"$busybox" --list | grep -vx busybox | while read -r applet; do ln -s busybox "$logs/image/bin/$applet"; done
if ! tar -C "$logs/image" -c . | docker --host "$host" import - "$image" >/dev/null; then
  echo "demo: the image could not be imported" >&2
  exit 1
fi
imported=yes
echo "Image $image imported"
echo

keep=()
[ -n "${KEEP:-}" ] && keep=(--keep)
"$lab" demo --agent "$agent" --docker-host "$host" --image "$image" --directory "$logs" ${keep[@]+"${keep[@]}"} &
story=$!
trap 'kill -INT $story 2>/dev/null; wait $story; exit 130' INT TERM
wait $story
result=$?

if [ $result -eq 0 ]; then
  left=$(docker --host "$host" ps -aq --filter "ancestor=$image" | wc -l)
  volumes=$(docker --host "$host" volume ls -q --filter "name=cattle-demo-$story" | wc -l)
  if [ "$left" -ne 0 ] || [ "$volumes" -ne 0 ]; then
    echo "demo: the engine still has $left containers and $volumes volumes of the story" >&2
    result=1
  else
    echo "The engine agrees: no container and no volume of the story is left."
  fi
fi
if [ $result -ne 0 ]; then
  echo "demo: failed. What the agent said last:" >&2
  tail -n 15 "$logs/agent.log" "$logs/console.log" >&2
fi
echo
echo "What the agent did, line by line: $logs/agent.log"
exit $result
