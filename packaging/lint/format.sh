#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# format.sh [--fix]: checks every C++ file against .clang-format.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mode=(--dry-run -Werror)
[ "${1:-}" = --fix ] && mode=(-i)
git ls-files --cached --others --exclude-standard -z -- '*.cpp' '*.hpp' | xargs -0 -r -n 20 -P "$(nproc)" clang-format-14 "${mode[@]}"
