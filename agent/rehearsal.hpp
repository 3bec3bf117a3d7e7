// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/redaction.hpp"
#include "docker-client/call.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <string>

namespace cattle::agent {

/// Stands in for the engine where a request would change it: prints the request and gives the answer that an
/// engine would give if all went well. What others would be asked (storage drivers, the server, a container's
/// script) is only printed. Requests that only look go to the real engine, unless they ask about
/// what this only pretended.
class Rehearsal {
 public:
  /// Both outlive this.
  Rehearsal(std::ostream& out, const Redaction& redaction) : out_(out), redaction_(redaction) {}

  /// To be given to a docker::Call. Throws handlers::OperationError where pretending ends.
  [[nodiscard]] std::optional<docker::Rehearsed> answer(const docker::Proposal& proposal);

 private:
  [[nodiscard]] std::optional<docker::Rehearsed> look(const docker::Proposal& proposal) const;
  [[nodiscard]] docker::Rehearsed create(const docker::Proposal& proposal);
  void print(const docker::Proposal& proposal) const;

  std::ostream& out_;
  const Redaction& redaction_;
  nlohmann::json created_;         ///< The pretended container's inspect document; null when there is none.
  std::set<std::string> changed_;  ///< Paths of things that were pretended to be stopped or removed.
  bool pulled_ = false;            ///< Or built.
};

}  // namespace cattle::agent
