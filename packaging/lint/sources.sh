#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# sources.sh: every file has its licence line, stays short enough to be read at one sitting and was merged to the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
failed=0
complain() {
  echo "$1" >&2
  failed=1
}

list() { git ls-files --cached --others --exclude-standard -- "$@"; }

faults=$(list '*.cpp' '*.hpp' '*.cmake' '*CMakeLists.txt' '*.sh' '*.py' Makefile .ci/run | while read -r file; do
  [ -f "$file" ] && echo "$file"
done | xargs awk '
  function close_file() {
    if (name == "") return
    if (!licence) print name ": no SPDX line at the top"
    if (name ~ /[.][ch]pp$/ && lines > 300) print name ": " lines " lines, split it (300)"
  }
  FNR == 1 {close_file(); name = FILENAME; licence = 0}
  FNR <= 2 && /SPDX-License-Identifier: Apache-2.0/ {licence = 1}
  {lines = FNR}
  END {close_file()}')
[ -z "$faults" ] || complain "$faults"

marks=$(list | xargs grep -nIE '^(<{7}|>{7}) ' || true)
[ -z "$marks" ] || complain "left over from a merge: $marks"

top=$(list | cut -d/ -f1 | sort -u | grep -vxE '\..*|CMakeLists\.txt|agent|handlers|docker-client|config|subscriber|lab|examples|tests|packaging|README\.md|CMakePresets\.json|Makefile|CHANGELOG\.md|CONTRIBUTING\.md|LICENSE' || true)
[ -z "$top" ] || complain "not at the top level, please: $top"
exit $failed
