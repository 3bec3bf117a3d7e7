// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/event.hpp"
#include "handlers/context.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cattle::handlers {

using subscriber::Event;

/// The thing that an event touches. `key` serialises; `alias` is another name of the same thing that the
/// event carries (an instance's docker id beside its uuid): once seen, an event whose key is the alias joins
/// the same queue.
struct ResourceKey {
  std::string
      key;  ///< "instance:<uuid>", "image:<name>", "volume:<name>", "<type>:<id>"; empty: touches nothing.
  std::string alias;  ///< "container:<docker id>" or empty.
};

enum class Admission : std::uint8_t {
  ping,       ///< The ping lane.
  prompt,     ///< A lane of few threads: what nothing else may keep waiting, however much of that hangs.
  immediate,  ///< Runs at once beside everything else (look-ups in the engine).
  queued,     ///< One at a time for its key, in a FIFO.
  joined      ///< As queued, but the waiting ones get the running one's progress and all run when it ends
              ///< (pulls).
};

/// One row of the only table: names that are subscribed to, how they are admitted, who handles them.
struct Route {
  std::string name;
  Admission admission = Admission::queued;
  /// Never throws; a field of the wrong type counts as absent (the handler then says what is wrong with it).
  std::function<ResourceKey(const Event&)> key;
  /// Runs on a worker. The reply's `data` (an object; {} for none), or nullopt for "no reply" (force.stop).
  /// Throws RequestError, OperationError, docker::Error, http::TransportError: each becomes the error reply.
  std::function<std::optional<nlohmann::json>(const Event&, Context&)> handle;
  /// False: the server wants no word of it, not even of its failure, whatever its reply address says (H77).
  bool answered = true;
};

}  // namespace cattle::handlers
