// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace cattle::agent::registration {

/// What tells one machine from a copy of its disk. Empty: not known here.
struct MachineFacts {
  std::string machine_id;    ///< /etc/machine-id of the host.
  std::string product_uuid;  ///< SMBIOS; given by the hypervisor on a virtual machine.
  std::string cloud_id;      ///< Instance id of the cloud; comes late, from the background.
  bool virtual_machine = false;

  friend bool operator==(const MachineFacts&, const MachineFacts&) = default;
};

/// Where the facts are read; tests give other roots.
struct MachineRoots {
  std::string host_root = "/proc/1/root";
  std::string sys = "/sys";
  std::string proc = "/proc";
};

[[nodiscard]] MachineFacts read_machine_facts(const MachineRoots& roots);

enum class Sameness : std::uint8_t { same, adopt, clone };

/// `recorded` from the state directory. A clone: the cloud id differs; or machine id and SMBIOS uuid both do;
/// or the SMBIOS uuid alone does on a virtual machine. A fact that either side does not know differs from
/// nothing. No recorded facts: adopt (stock state, P49).
[[nodiscard]] Sameness compare_machine(const std::optional<MachineFacts>& recorded, const MachineFacts& now);

/// `<state_dir>/machine.json`; nullopt when there is none. Throws Failure(state) when it is damaged.
[[nodiscard]] std::optional<MachineFacts> recorded_facts(const std::string& state_dir);
void record_facts(const std::string& state_dir, const MachineFacts& facts);

/// Moves the identity (registration key, credentials, uuids, recorded facts) into `<state_dir>/clone-of/`, so
/// that nothing uses it again and a person can still look at it. Returns that directory.
std::string set_identity_aside(const std::string& state_dir);

}  // namespace cattle::agent::registration
