#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# install-deps.sh: installs the Debian 12 packages that building, testing and the demo need, and fetches the Debian
# source package of curl for packaging/build-curl.sh. Needs root or sudo only where a package is missing; does nothing,
# offline too, where all is there. Leaves apt's configuration and source lists as they are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build_packages=(
  g++ cmake ninja-build make ccache git ca-certificates # compiler and build
  libboost1.81-dev                                      # Beast and Asio, Process
  libcurl4-openssl-dev libssl-dev                       # HTTP, TLS
  libarchive-dev zlib1g-dev                             # config items
  nlohmann-json3-dev libspdlog-dev libfmt-dev libcli11-dev
  dpkg-dev patch xz-utils                               # unpacking curl's Debian source
  file                                                  # make deb: CPack looks for what needs which library
)
test_packages=(
  libgtest-dev libgmock-dev libbenchmark-dev
  curl openssl iproute2 iptables                        # used by the set-up of the engine tests and the demo
  docker-registry apache2-utils                         # a registry with a password (htpasswd)
  busybox-static                                        # the image that tests and demo import
  python3                                               # lint, and the server that footprint.py measures against
)
check_packages=(clang-14 libclang-rt-14-dev clang-tidy-14 clang-format-14) # make lint, presets tsan and tidy
# Docker's own packages (docker-ce) conflict with Debian's, so an engine that is there already is kept.
command -v dockerd >/dev/null || [ -x /usr/sbin/dockerd ] || test_packages+=(docker.io)

missing=()
for package in "${build_packages[@]}" "${test_packages[@]}" "${check_packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi

if [ ${#missing[@]} -gt 0 ]; then
  echo "install-deps: installing from Debian: ${missing[*]}"
  if [ ${#as_root[@]} -gt 0 ] && ! command -v sudo >/dev/null; then
    echo "install-deps: run this as root, or install sudo" >&2
    exit 1
  fi
  "${as_root[@]}" apt-get -q update
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "${missing[@]}"
else
  echo "install-deps: every package is installed"
fi

packaging/build-curl.sh --fetch-only
