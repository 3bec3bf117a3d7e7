#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# deb_scripts_test.sh CASE: the Debian package's scripts, as dpkg calls them, in a root without a running systemd.
set -euo pipefail
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)/packaging/deb
export DPKG_MAINTSCRIPT_PACKAGE=cattle-agent
DPKG_ROOT=$(mktemp -d)
export DPKG_ROOT
trap 'rm -rf "$DPKG_ROOT"' EXIT
PATH=$PATH:/usr/sbin:/sbin
if ! command -v deb-systemd-helper >/dev/null; then
  echo "skipped: no deb-systemd-helper here"
  exit 77
fi
fail() {
  echo "FAILED: $1" >&2
  find "$DPKG_ROOT" >&2
  exit 1
}
link=$DPKG_ROOT/etc/systemd/system/multi-user.target.wants/cattle-agent.service
enabled() { [ -L "$link" ]; }
unpack() {
  mkdir -p "$DPKG_ROOT/lib/systemd/system"
  cp "$scripts/cattle-agent.service" "$DPKG_ROOT/lib/systemd/system/"
}
install_it() { # OLD_VERSION
  unpack
  sh "$scripts/postinst" configure "$@"
}
remove_it() {
  sh "$scripts/prerm" remove
  rm "$DPKG_ROOT/lib/systemd/system/cattle-agent.service"
  sh "$scripts/postrm" remove
}

case $1 in
  enabled_without_a_running_systemd)
    install_it ''
    enabled || fail "not enabled"
    ;;
  enabled_again_after_remove_and_install)
    install_it ''
    remove_it
    [ "$(readlink "$DPKG_ROOT/etc/systemd/system/cattle-agent.service")" = /dev/null ] || fail "not masked"
    install_it 1.0
    enabled || fail "not enabled"
    [ ! -e "$DPKG_ROOT/etc/systemd/system/cattle-agent.service" ] || fail "still masked"
    ;;
  an_operators_disable_outlives_an_upgrade)
    install_it ''
    rm "$link"
    sh "$scripts/prerm" upgrade 2.0
    install_it 1.0
    ! enabled || fail "enabled again"
    ;;
  purged_it_leaves_nothing)
    install_it ''
    remove_it
    sh "$scripts/postrm" purge
    [ -z "$(find "$DPKG_ROOT" -name '*cattle-agent*')" ] || fail "something is left"
    ;;
  a_copied_machine_without_credentials_is_started)
    for kept in credentials.conf registration_url clone-of; do
      grep -qxF "ConditionPathExists=|/var/lib/rancher/state/$kept" "$scripts/cattle-agent.service" || fail "$kept does not count"
    done
    ;;
  scripts_in_containers_may_what_containers_may)
    # Docker's default set, and AF_PACKET for arping: delegate.request runs the scripts as children of the service.
    may=" $(sed -n 's/^CapabilityBoundingSet=//p' "$scripts/cattle-agent.service" | tr '\n' ' ')"
    for right in CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE; do
      [[ $may == *" CAP_$right "* ]] || fail "not CAP_$right"
    done
    grep -q '^RestrictAddressFamilies=.*AF_PACKET' "$scripts/cattle-agent.service" || fail "no AF_PACKET"
    ;;
  *)
    fail "no such case: $1"
    ;;
esac
