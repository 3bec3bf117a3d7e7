#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# sources.sh: every file has its licence line and stays short enough to be read at one sitting.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
failed=0
complain() {
  echo "$1" >&2
  failed=1
}

list() { git ls-files --cached --others --exclude-standard -- "$@"; }

while IFS= read -r file; do
  [ -f "$file" ] || continue
  head -n 2 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || complain "$file: no SPDX line at the top"
  lines=$(wc -l <"$file")
  case $file in
    *.cpp | *.hpp) [ "$lines" -le 300 ] || complain "$file: $lines lines, split it (300)" ;;
  esac
done < <(list '*.cpp' '*.hpp' '*.cmake' '*CMakeLists.txt' '*.sh' '*.py' Makefile .ci/run)

top=$(list | cut -d/ -f1 | sort -u | grep -vxE '\..*|CMakeLists\.txt|agent|handlers|docker-client|config|subscriber|lab|examples|tests|packaging|README\.md|CMakePresets\.json|Makefile|CHANGELOG\.md|CONTRIBUTING\.md|LICENSE' || true)
[ -z "$top" ] || complain "not at the top level, please: $top"
exit $failed
