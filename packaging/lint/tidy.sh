#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tidy.sh [FILE...]: clang-tidy over the units of the given or all sources, in parallel. A unit is some ten sources of
# a target: the libraries' headers cost more than our own code, and so are read once for all of them. A unit is skipped
# when it, every header of ours, .clang-tidy and its command are the same as when it last passed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cmake --preset tidy >/dev/null
passed=build/tidy/passed
mkdir -p "$passed"
export passed
common=$({ cat .clang-tidy build/tidy/compile_commands.json; git ls-files --cached --others --exclude-standard -z -- '*.hpp' | sort -z | xargs -0 cat; } | sha256sum)
export common

sources_of() { sed -n 's/^#include "\(.*\)"$/\1/p' "$1"; }
check() {
  local key
  key=$passed/$( (echo "$common" && sources_of "$1" | xargs cat "$1") | sha256sum | cut -c1-32)
  [ -e "$key" ] && return 0
  clang-tidy-14 --quiet -p build/tidy "$1" 2> >(grep -vE 'warnings? (generated|treated)|Suppressed|Use -header-filter' >&2) || { echo "tidy: $1 failed" >&2; return 1; }
  touch "$key"
}
export -f check sources_of

# Only what the build knows: a file outside it has no flags to be read with.
units() { sed -n 's/^ *"file": "\(.*\)".*/\1/p' build/tidy/compile_commands.json | grep -v /precompiled | sort -u; }
units | while read -r unit; do
  wanted=$#
  for file in "$@"; do
    if grep -qF "/$file\"" "$unit"; then wanted=0; fi
  done
  if [ "$wanted" -eq 0 ]; then printf '%s\0' "$unit"; fi
done | xargs -0 -r -n 1 -P "$(nproc)" bash -c 'check "$1"' check
