#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# engine_down.sh DIR: stops what engine_up.sh DIR started and removes all of it but the logs. Safe to repeat.
source "$(dirname "${BASH_SOURCE[0]}")/engine_env.sh"
become_root "$@" || exit 0 # nothing could have been started either

stop_everything
rm -f "$dir/engine.json"
if ! no_process_left || ip link show "$bridge" >/dev/null 2>&1 || [ -e "$run" ]; then
  echo "engine_down: left behind: processes $(our_processes | tr '\n' ' ')bridge $bridge directory $run" >&2
  exit 1
fi
