// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/registration/machine.hpp"
#include "config/config.hpp"

#include <string>

namespace cattle::agent::commands {

/// With whose identity this machine goes on.
struct OwnIdentity {
  config::Environment environment;
  /// A copy of another machine that has not been registered since: there are no keys that it may use.
  bool is_missing = false;
  std::string registration_url;  ///< Kept by the machine that it is a copy of; for a missing identity only.
};

/// Makes sure that this machine does not go on as another that it is a copy of. A clone's identity is set
/// aside and its keys are refused from then on, in files and in the environment. Throws
/// registration::Failure(state) for files that can't be trusted.
[[nodiscard]] OwnIdentity own_identity(const config::Environment& environment, const std::string& state_dir,
                                       const registration::MachineRoots& roots = {},
                                       const std::string& cloud_id = {});

/// The same by the cloud's instance id, which comes late: true when this is a copy, so that this process must
/// not go on with its keys, even where the identity could not be set aside; that is warned of.
[[nodiscard]] bool is_copied_instance(const config::Environment& environment, const std::string& state_dir,
                                      const std::string& cloud_id,
                                      const registration::MachineRoots& roots = {});

/// False where own_identity() would only record what machine this is: on a new host, or a stock one.
[[nodiscard]] bool was_judged(const std::string& state_dir);

}  // namespace cattle::agent::commands
