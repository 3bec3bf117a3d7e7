#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Sourced after engine_env.sh: what agent_host_up.sh and agent_host_down.sh have in common.
# shellcheck shell=bash disable=SC2034,SC2154
socket=$run/h/run/docker.sock
# A registry that refuses at once, whatever network this machine has: the images are on the engine already.
image=127.0.0.1:1/team/agent

stop_host() {
  if [ -f "$run/lab.pid" ] && [ "$(cat "/proc/$(cat "$run/lab.pid")/comm" 2>/dev/null)" = cattle-lab ]; then
    kill "$(cat "$run/lab.pid")" 2>/dev/null || true
  fi
  stop_everything
  if [ -f "$dir/made-lib-modules" ]; then rmdir /lib/modules 2>/dev/null || true; fi
  rm -f "$dir/made-lib-modules"
}
