#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# package_test.sh STATIC_PROGRAM CASE: builds the agent package around any static program, and does with it what the
# scripts of both servers do.
set -euo pipefail
program=$1
source_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "FAILED: $1" >&2
  exit 1
}

mkdir -p "$work/build/agent" "$work/unpacked" "$work/home"
cp "$program" "$work/build/agent/cattle-agent"
"$source_root/packaging/package/build.sh" "$work/build" "$work/package.tar.gz" >/dev/null
tar -C "$work/unpacked" -xzf "$work/package.tar.gz"
top=$(ls "$work/unpacked")
export CATTLE_HOME=$work/home
apply() { "$work/unpacked/$top/apply.sh"; }
# A program that tells how it was started, in the place of the agent.
replace_agent() {
  printf '#!/bin/sh\necho "$0 $* from $CATTLE_AGENT_PACKAGE"\n' >"$CATTLE_HOME/pyagent/agent"
}

case $2 in
  S27_both_pairs_of_sums)
    [ "$(tar -tzf "$work/package.tar.gz" | cut -d/ -f1 | sort -u | wc -l)" = 1 ] || fail "more than one top directory"
    cd "$work/unpacked"
    for pair in sha1sum:SHA1SUMS sha256sum:SHA256SUMS; do
      "${pair%:*}" --quiet --strict -c "$top/${pair#*:}SUM" "$top/${pair#*:}" || fail "$pair"
      [ "$(wc -l <"$top/${pair#*:}")" = "$(find "$top" -type f ! -name 'SHA*' | wc -l)" ] || fail "$pair does not name every file"
    done
    ;;
  same_content_gives_the_same_bytes)
    "$source_root/packaging/package/build.sh" "$work/build" "$work/again.tar.gz" >/dev/null
    cmp "$work/package.tar.gz" "$work/again.tar.gz"
    ;;
  S28_starts_through_both_paths)
    apply
    replace_agent
    for path in pyagent node-agent; do
      out=$("$CATTLE_HOME/$path/apply.sh" start)
      [ "$out" = "$CATTLE_HOME/pyagent/agent run from $CATTLE_HOME/pyagent" ] || fail "$path: $out"
    done
    ;;
  S29_both_stamps_change)
    apply
    cp "$CATTLE_HOME/.pyagent-stamp" "$work/first"
    cp "$CATTLE_HOME/.node-agent-stamp" "$work/first-node"
    apply
    ! cmp -s "$CATTLE_HOME/.pyagent-stamp" "$work/first" || fail "pyagent's stamp is the same"
    ! cmp -s "$CATTLE_HOME/.node-agent-stamp" "$work/first-node" || fail "node-agent's stamp is the same"
    ;;
  stock_program_goes_and_settings_stay)
    mkdir -p "$CATTLE_HOME/pyagent" "$CATTLE_HOME/node-agent"
    echo 'export CATTLE_HOSTNAME=kept' >"$CATTLE_HOME/pyagent/agent.conf"
    echo stock >"$CATTLE_HOME/pyagent/agent"
    echo stock >"$CATTLE_HOME/node-agent/node-agent"
    apply
    cmp "$CATTLE_HOME/pyagent/agent" "$program" || fail "the stock program is still there"
    [ ! -e "$CATTLE_HOME/node-agent/node-agent" ] || fail "the fork's program is still there"
    grep -q kept "$CATTLE_HOME/pyagent/agent.conf" || fail "the operator's settings are gone"
    [ "$(ls -A "$CATTLE_HOME" | sort | tr '\n' ' ')" = '.node-agent-stamp .pyagent-stamp node-agent pyagent ' ] || fail "left behind: $(ls -A "$CATTLE_HOME")"
    # Cut off when the old package was out of the way and the new one not yet in place.
    mv "$CATTLE_HOME/pyagent" "$CATTLE_HOME/pyagent.old.1"
    apply
    grep -q kept "$CATTLE_HOME/pyagent/agent.conf" || fail "the operator's settings are gone after an apply that was cut off"
    ;;
  return_to_a_stock_package)
    apply
    # What the stock package's apply.sh does: it replaces pyagent and knows nothing of node-agent.
    rm -rf "$CATTLE_HOME/pyagent"
    mkdir "$CATTLE_HOME/pyagent"
    printf '#!/bin/sh\necho stock "$@"\n' >"$CATTLE_HOME/pyagent/apply.sh"
    chmod +x "$CATTLE_HOME/pyagent/apply.sh"
    [ "$("$CATTLE_HOME/node-agent/apply.sh" start)" = 'stock start' ] || fail "our program would still be started"
    ;;
  *) fail "no such case: $2" ;;
esac
