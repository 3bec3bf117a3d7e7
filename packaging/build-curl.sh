#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# build-curl.sh [--fetch-only]: builds the libcurl that the release binary links, from Debian's source package of curl:
# HTTP only, static, with OpenSSL. Debian's shared libcurl pulls in 37 libraries (LDAP, Kerberos, SSH …), which costs
# an idle agent 6 MB and 10 ms at every start. The source is fetched once (as any user; apt verifies it), the result is
# kept by version in build/curl ($CATTLE_CURL_DIR), and both are used again without a network.
# Prints the directory with include/ and lib/libcurl.a on its last line.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
dir=${CATTLE_CURL_DIR:-$PWD/build/curl}
mkdir -p "$dir/source"

fetch() {
  local lists
  lists=$(mktemp -d)
  # shellcheck disable=SC2064 # expands now on purpose: the variable is local
  trap "rm -rf '$lists'" RETURN
  mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial"
  # The machine's own mirrors, asked for sources in lists of our own; Debian's where none is configured.
  apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk '$1 == "Debian" && $4 == "main" {
      print "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] " $2 " " $3 " " $4 }' | sort -u >"$lists/sources.list"
  if [ ! -s "$lists/sources.list" ]; then
    for suite in "debian bookworm" "debian-security bookworm-security"; do
      echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/$suite main"
    done >"$lists/sources.list"
  fi
  local options=(-q -o "Dir::Etc::sourcelist=$lists/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$lists/lists"
    -o "Dir::Cache=$lists/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none)
  apt-get "${options[@]}" update
  (cd "$dir/source" && apt-get "${options[@]}" source --download-only curl)
}

newest_source() { find "$dir/source" -name 'curl_*.dsc' | sort -V | tail -n 1; }

[ -n "$(newest_source)" ] || fetch >&2
dsc=$(newest_source)
version=$(sed -n 's/^Version: //p' "$dsc" | head -n 1)
if [ "${1:-}" = --fetch-only ]; then
  echo "build-curl: Debian's source of curl $version is in ${dir#"$PWD"/}/source"
  exit 0
fi

# The recipe is part of the key: a changed option must not find yesterday's library.
prefix=$dir/$version-$(sha256sum packaging/build-curl.sh | cut -c1-8)
if [ ! -f "$prefix/lib/libcurl.a" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  dpkg-source --no-check -x "$dsc" "$work/curl" >&2
  off=()
  for option in CURL_ZLIB CURL_BROTLI CURL_ZSTD CURL_USE_LIBPSL CURL_USE_LIBSSH CURL_USE_LIBSSH2 CURL_USE_GSSAPI CURL_USE_LIBRTMP \
    CURL_USE_GNUTLS USE_LIBIDN2 USE_NGHTTP2 USE_NGTCP2 USE_QUICHE USE_MSH3 ENABLE_ARES ENABLE_MANUAL BUILD_SHARED_LIBS \
    BUILD_CURL_EXE BUILD_TESTING CURL_WERROR ENABLE_CURL_MANUAL; do
    off+=("-D$option=OFF")
  done
  for option in COOKIES NETRC ALTSVC HSTS DOH FORM_API MIME GETOPTIONS PARSEDATE PROGRESS_METER SHUFFLE_DNS NTLM CRYPTO_AUTH; do
    off+=("-DCURL_DISABLE_$option=ON")
  done
  cmake -S "$work/curl" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$prefix" \
    -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
    -DCMAKE_C_FLAGS='-O2 -ffunction-sections -fdata-sections -fstack-protector-strong -D_FORTIFY_SOURCE=2' \
    -DHTTP_ONLY=ON -DCURL_USE_OPENSSL=ON -DOPENSSL_USE_STATIC_LIBS=ON -DENABLE_UNIX_SOCKETS=ON -DENABLE_THREADED_RESOLVER=ON \
    -DCURL_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt -DCURL_CA_PATH=none "${off[@]}" >&2
  nice cmake --build "$work/build" >&2
  cmake --install "$work/build" >/dev/null
fi
echo "$prefix"
