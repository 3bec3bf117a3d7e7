#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh BUILD_DIR: runs the benchmarks; those that need an engine get one of their own.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
build=$1

"$build/tests/bench/codec_bench" --benchmark_min_time=0.5

export AGENT_TEST_STRICT=1
trap '"$here/../engine/engine_down.sh" "$build/engine"' EXIT
"$here/../engine/engine_up.sh" "$build/engine"
CATTLE_TEST_ENGINE=$build/engine/engine.json "$build/tests/bench/inspect_bench"
