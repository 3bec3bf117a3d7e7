// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace cattle::handlers {

/// The agent's own container: no event stops or removes it, whatever the server says (S20, H76).
class AgentContainer {
 public:
  /// `own_id` is the container that this process runs in; empty when it runs in none.
  explicit AgentContainer(std::string own_id) : own_id_(std::move(own_id)) {}

  /// `names` as the engine gives them, with the leading slash.
  [[nodiscard]] bool is(const std::string& id, const std::vector<std::string>& names) const;

 private:
  std::string own_id_;
};

/// Id of the container in which this process runs, read from `/proc/self/mountinfo` (its path is the
/// argument): the engine mounts a file of the container's directory on /etc/hostname. Empty outside a
/// container.
[[nodiscard]] std::string own_container_id(const std::string& mountinfo_path);

}  // namespace cattle::handlers
