#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Of the agent package. `apply.sh` puts the package in place of the one that runs: the server's scripts call it so when
# they have unpacked it. `apply.sh start` becomes the agent. POSIX shell and coreutils, whatever the host is.
set -e
here=$(cd "$(dirname "$0")" && pwd)

stage() {
  home=${PASTURESTACK_HOME:-${CATTLE_HOME:-/var/lib/cattle}}
  new=$home/pyagent.new.$$
  old=$home/pyagent.old.$$
  trap 'rm -rf "$new"' EXIT
  # Whoever was cut off between the two moves below left no package in place, and the operator's settings in the old one.
  for cut in "$home"/pyagent.old.*; do
    if [ -d "$cut" ] && [ ! -e "$home/pyagent" ]; then mv "$cut" "$home/pyagent"; fi
  done
  rm -rf "$home"/pyagent.new.* "$home"/pyagent.old.*
  mkdir -p "$new"
  cp "$here/apply.sh" "$here/ca-bundle.crt" "$new/"
  cp "$here/bin/cattle-agent" "$new/agent"
  chmod 0755 "$new/apply.sh" "$new/agent"
  if [ -d "$home/pyagent" ]; then
    # Settings that an operator put there belong to the host, not to the package.
    if [ -f "$home/pyagent/agent.conf" ]; then cp -p "$home/pyagent/agent.conf" "$new/agent.conf"; fi
    mv "$home/pyagent" "$old"
  fi
  mv "$new" "$home/pyagent"
  rm -rf "$old"

  # PastureStack's bootstrap looks here first. This only passes on, so that a stock package which replaces pyagent is
  # what starts then. A stock program that stands here goes, or it would be started in our place.
  mkdir -p "$home/node-agent"
  rm -f "$home/node-agent/node-agent"
  printf '#!/bin/sh\nexec "$(dirname "$0")/../pyagent/apply.sh" "$@"\n' >"$home/node-agent/apply.sh.new"
  chmod 0755 "$home/node-agent/apply.sh.new"
  mv "$home/node-agent/apply.sh.new" "$home/node-agent/apply.sh"

  # A running agent of either family ends when its stamp changes; its bootstrap then starts this one.
  for stamp in "${CATTLE_STAMP_FILE:-$home/.pyagent-stamp}" "$home/.node-agent-stamp"; do
    od -A n -N 8 -t x8 /dev/urandom | tr -d ' ' >"$stamp"
  done
}

case ${1:-} in
  '') stage ;;
  start)
    # Tells the agent that the server owns the program: it makes room when the server names another package.
    CATTLE_AGENT_PACKAGE=$here
    export CATTLE_AGENT_PACKAGE
    exec "$here/agent" run
    ;;
  *)
    echo "usage: apply.sh [start]" >&2
    exit 2
    ;;
esac
