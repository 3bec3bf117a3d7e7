#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# busybox-root.sh: writes a tar of a small root file system to standard output, made of Debian's static busybox: what
# tests and demo import as an image, so that neither needs a registry on the internet.
set -euo pipefail
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,etc,proc,sys,dev,tmp,root}
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in $("$root/bin/busybox" --list); do
  [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
chmod 0755 "$root"
chmod 1777 "$root/tmp"
tar -C "$root" --sort=name --mtime=@0 --numeric-owner --owner=0 --group=0 -cf - .
