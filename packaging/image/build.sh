#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# build.sh IMAGE [BUILD_DIR]: makes the agent image on the engine at DOCKER_HOST (a unix socket) from a build of the
# preset `package` and Debian's packages, without a registry and without the docker client. IMAGE is the name under
# which it will be published, since hosts compare it with what the server asks for. TAR=FILE: writes the image's root
# there too. EXTRA_ROOT=DIR: goes into the image as well, such as the libraries of a build that is not static.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
image=$1
build=${2:-build/package}
host=${DOCKER_HOST:-unix:///var/run/docker.sock}
case $host in
  unix://*) ;;
  *)
    echo "image: DOCKER_HOST must be a unix socket, not $host" >&2
    exit 2
    ;;
esac
repository=${image%:*}
tag=${image##*:}
case $tag in
  "$image" | */*)
    repository=$image
    tag=latest
    ;;
esac

if [ -z "${EXTRA_ROOT:-}" ] && [ "$(readelf --program-headers --wide "$build/agent/cattle-agent" | grep -c INTERP)" -ne 0 ]; then
  echo "image: $build/agent/cattle-agent needs libraries that the image has not; build the preset 'package'" >&2
  exit 1
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 0755 "$root"
mkdir -p "$root"/{usr/bin,bin,etc/ssl/certs,var/lib/cattle,var/lib/rancher,var/log/rancher,var/run,run,proc,sys,dev,root}
mkdir -m 1777 "$root/tmp"
install -m 0755 "$build/agent/cattle-agent" "$root/usr/bin/cattle-agent"
install -m 0755 "$build/packaging/wait/r" "$root/usr/bin/r"
install -m 0755 "$(command -v busybox)" "$root/bin/busybox" # only for mode `--`; nothing of ours calls it
install -m 0644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
if [ -n "${EXTRA_ROOT:-}" ]; then cp -a "$EXTRA_ROOT/." "$root/"; fi
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
echo 'root:x:0:0:root:/root:/bin/busybox' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
tar -C "$root" --sort=name --mtime=@"${SOURCE_DATE_EPOCH:-0}" --owner=0 --group=0 --numeric-owner -cf "$root.tar" .
trap 'rm -rf "$root" "$root.tar"' EXIT
size=$(stat -c %s "$root.tar")
if [ -z "${EXTRA_ROOT:-}" ] && [ "$size" -gt 25000000 ]; then
  echo "image: $((size / 1000)) kB, more than the 25 MB that a host is to be asked for" >&2
  exit 1
fi
if [ -n "${TAR:-}" ]; then cp "$root.tar" "$TAR"; fi

changes=(
  'ENTRYPOINT ["/usr/bin/cattle-agent", "entry-point"]'
  'LABEL io.rancher.container.system=rancher-agent'
  "ENV RANCHER_AGENT_IMAGE=$image"
  'ENV PATH=/usr/bin:/bin'
)
query="fromSrc=-&repo=$(printf %s "$repository" | sed 's|/|%2F|g; s|:|%3A|g')&tag=$tag"
for change in "${changes[@]}"; do
  query+="&changes=$(printf %s "$change" | od -A n -v -t x1 | tr -d '\n' | sed 's/ /%/g')"
done
curl --silent --show-error --fail-with-body --unix-socket "${host#unix://}" -X POST -H 'Content-Type: application/x-tar' \
  --data-binary @"$root.tar" "http://engine/images/create?$query" >/dev/null
echo "image: $image ($((size / 1000)) kB)"
