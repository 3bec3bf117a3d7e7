#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# footprint.sh PROGRAM: footprint.py beside an engine of its own, which is gone afterwards.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$1
directory=$(mktemp -d)
trap '"$here/../engine/engine_down.sh" "$directory"; rm -rf "$directory"' EXIT
AGENT_TEST_STRICT=1 "$here/../engine/engine_up.sh" "$directory"
DOCKER_HOST=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["docker_host"])' "$directory/engine.json")
export DOCKER_HOST
"$here/footprint.py" "$program"
