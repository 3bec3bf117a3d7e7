#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs so many mutated events (1,000,000) through the fuzz target; what it learns stays out of the tree.
# run.sh [COUNT] [PROGRAM] [libFuzzer's options ...]; an input that failed is kept in the current directory.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
count=${1:-1000000}
program=${2:-$here/../../build/fuzz/tests/fuzz/event_fuzz}
[ $# -lt 1 ] || shift
[ $# -lt 1 ] || shift
learned=$(mktemp -d)
trap 'rm -rf "$learned"' EXIT
# Threads come and go, so that libFuzzer can't tell a leak of one event from work of another: ASan looks at the end.
UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
  "$program" -runs="$count" -max_len=32768 -timeout=60 -rss_limit_mb=4096 -detect_leaks=0 -print_final_stats=1 \
  "$@" "$learned" "$here/corpus"
