#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tidy.sh [FILE...]: clang-tidy over the given or all compiled files, in parallel. A file is skipped when it, every
# header of ours, .clang-tidy and its command are the same as when it last passed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cmake --preset tidy >/dev/null
passed=build/tidy/passed
mkdir -p "$passed"
export passed
common=$({ cat .clang-tidy build/tidy/compile_commands.json; git ls-files --cached --others --exclude-standard -z -- '*.hpp' | sort -z | xargs -0 cat; } | sha256sum)
export common

check() {
  local key
  key=$passed/$( (echo "$common" && cat "$1") | sha256sum | cut -c1-32)
  [ -e "$key" ] && return 0
  clang-tidy-14 --quiet -p build/tidy "$1" 2> >(grep -vE 'warnings? (generated|treated)|Suppressed|Use -header-filter' >&2) || { echo "tidy: $1 failed" >&2; return 1; }
  touch "$key"
}
export -f check

if [ $# -gt 0 ]; then
  printf '%s\0' "$@"
else
  # Only what the build knows: a file outside it has no flags to be read with.
  sed -n 's/^ *"file": "\(.*\)".*/\1/p' build/tidy/compile_commands.json | grep -v /precompiled | sort -u | tr '\n' '\0'
fi | xargs -0 -r -n 1 -P "$(nproc)" bash -c 'check "$1"' check
