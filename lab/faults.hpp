// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/settings.hpp"

#include <nlohmann/json_fwd.hpp>

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cattle::lab {

/// What goes wrong with an event on its way out.
///   drop: not sent.  delay: sent `millis` later.  duplicate: sent twice at once.  resend: sent again
///   `millis` later. cut: the socket is torn down in the moment of sending, the event is lost.  freeze: the
///   socket goes silent.
/// What goes wrong with a request that comes in, by the first word of its path (publish, subscribe,
/// configcontent...):
///   refuse: answered with `status`.  slow: answered `millis` later.  lose: answered 201 and ignored (publish
///   only).
struct Fault {
  std::string kind;
  std::string target = "*";  ///< Event name, or path; "*" is every one.
  int status = 500;
  Milliseconds millis{0};
  int count = 1;  ///< How often it strikes.
};

/// Throws std::invalid_argument that names the JSON path.
[[nodiscard]] Fault fault_from(const nlohmann::json& body);

class Faults {
 public:
  void add(Fault fault) { faults_.push_back(std::move(fault)); }
  void clear() { faults_.clear(); }
  [[nodiscard]] nlohmann::json list() const;
  /// The first fault of this kind that applies, its count reduced by one.
  std::optional<Fault> take(std::string_view kind, std::string_view target);

 private:
  std::list<Fault> faults_;
};

}  // namespace cattle::lab
