#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# build.sh [BUILD_DIR [ARCHIVE]]: packs the agent package that a server hands to its hosts when the setting
# agent.package.python.agent.url points at it (as a URL, or as a file on the server). BUILD_DIR is a build of the preset
# `package`. The same content gives the same bytes. Carries both pairs of sums: Rancher's scripts want SHA-1,
# PastureStack's want SHA-256.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=${1:-build/package}
version=$(sed -n 's/^project(cattle-agent VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
archive=$(realpath -m "${2:-build/dist/cattle-agent-package-$version.tar.gz}")
agent=$build/agent/cattle-agent
# Read as a whole: `grep -q` would close the pipe, which pipefail takes for a failure.
if [ "$(readelf --program-headers --wide "$agent" | grep -c INTERP)" -ne 0 ]; then
  echo "package: $agent needs the host's C library; build the preset 'package'" >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/content/bin" "$(dirname "$archive")"
install -m 0755 packaging/package/apply.sh "$work/content/"
install -m 0755 "$agent" "$work/content/bin/cattle-agent"
install -m 0644 /etc/ssl/certs/ca-certificates.crt "$work/content/ca-bundle.crt"
size=$(stat -c %s "$work/content/bin/cattle-agent" "$work/content/apply.sh" | awk '{ sum += $1 } END { print sum }')
if [ "$size" -gt 10000000 ]; then
  echo "package: $((size / 1000)) kB without the CA bundle, more than the 10 MB that a host is to be asked for" >&2
  exit 1
fi

top=$(cd "$work/content" && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-32)
mv "$work/content" "$work/$top"
cd "$work"
files=$(find "$top" -type f | LC_ALL=C sort)
for algorithm in sha1 sha256; do
  name=${algorithm^^}SUMS
  # shellcheck disable=SC2086 # our own names, without blanks
  "${algorithm}sum" -b $files >"$work/$name"
done
for name in SHA1SUMS SHA256SUMS; do
  mv "$name" "$top/"
  "$(echo "${name%SUMS}" | tr '[:upper:]' '[:lower:]')sum" -b "$top/$name" >"$top/${name}SUM"
done
chmod 0644 "$top"/SHA*
tar --sort=name --mtime=@"${SOURCE_DATE_EPOCH:-0}" --owner=0 --group=0 --numeric-owner -cf - "$top" | gzip -9n >"$archive"
echo "package: $archive ($((size / 1000)) kB without the CA bundle)"
