#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# format.sh [--fix]: names every C++ file that .clang-format would change; --fix changes them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
sources() { git ls-files --cached --others --exclude-standard -z -- '*.cpp' '*.hpp'; }

if [ "${1:-}" = --fix ]; then
  sources | xargs -0 -r -n 20 -P "$(nproc)" clang-format-14 -i
  exit
fi
sources | xargs -0 -r -n 1 -P "$(nproc)" bash -c \
  'clang-format-14 --dry-run -Werror "$1" 2>/dev/null || { echo "format: $1 (make format mends it)" >&2; exit 1; }' check
