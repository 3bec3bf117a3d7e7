#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# agent_host_down.sh DIR: stops what agent_host_up.sh DIR started and removes all of it but the logs. Safe to repeat.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../engine_env.sh"
source "$here/agent_host_env.sh"
become_root "$@" || exit 0 # nothing could have been started either

stop_host
rm -f "$dir/host.env"
if ! no_process_left || [ -e "$run" ]; then
  echo "agent_host_down: left behind: processes $(our_processes | tr '\n' ' ')directory $run" >&2
  exit 1
fi
