// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/finding.hpp"

namespace cattle::agent::doctor {

const char* to_string(Cause cause) {
  switch (cause) {
    case Cause::none:
      return "none";
    case Cause::configuration:
      return "configuration";
    case Cause::address:
      return "address";
    case Cause::state_file:
      return "state file";
    case Cause::identity_clash:
      return "identity clash";
    case Cause::disk_space:
      return "disk space";
    case Cause::inodes:
      return "inodes";
    case Cause::cgroup:
      return "cgroup";
    case Cause::kernel_modules:
      return "kernel modules";
    case Cause::engine_socket:
      return "engine socket";
    case Cause::engine_answer:
      return "engine answer";
    case Cause::engine_version:
      return "engine version";
    case Cause::proxy:
      return "proxy";
    case Cause::name_resolution:
      return "name resolution";
    case Cause::route:
      return "route";
    case Cause::certificate_unknown:
      return "certificate unknown";
    case Cause::certificate_chain:
      return "certificate chain";
    case Cause::certificate_name:
      return "certificate name";
    case Cause::certificate_expired:
      return "certificate expired";
    case Cause::certificate_early:
      return "certificate not yet valid";
    case Cause::tls:
      return "tls";
    case Cause::clock:
      return "clock";
    case Cause::credentials:
      return "credentials";
    case Cause::agent_gone:
      return "agent gone";
    case Cause::upgrade_path:
      return "upgrade path";
    case Cause::server:
      return "server";
    case Cause::ca_fingerprint:
      return "CA fingerprint";
  }
  return "unknown";
}

}  // namespace cattle::agent::doctor
