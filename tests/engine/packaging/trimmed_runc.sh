#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# trimmed_runc.sh ARGUMENT...: runc, for machines that are containers themselves: a privileged container asks for every
# capability, and runc refuses those that this machine has not. What is missing here is taken out of the request.
bundle=
for ((i = 1; i < $#; i++)); do
  [ "${!i}" != --bundle ] || { n=$((i + 1)) && bundle=${!n}; }
done
if [ -n "$bundle" ]; then
  bounding=,$(setpriv --dump | sed -n 's/^Capability bounding set: //p' | tr 'a-z' 'A-Z'),
  edits=()
  for name in $(grep -oE '"CAP_[A-Z_]+"' "$bundle/config.json" | tr -d '"' | sort -u); do
    case $bounding in
      *,"${name#CAP_}",*) continue ;;
    esac
    edits+=(-e "s/\"$name\",//g; s/,\"$name\"//g; s/\"$name\"//g")
    [ "$name" != CAP_SYS_RESOURCE ] || edits+=(-e 's/"oomScoreAdj":-[0-9]*/"oomScoreAdj":0/')
  done
  [ ${#edits[@]} -eq 0 ] || sed -i "${edits[@]}" "$bundle/config.json"
fi
exec runc "$@"
