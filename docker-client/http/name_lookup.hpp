// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cattle::http {

/// Looks names up by the system's resolver, which can't be interrupted and may take minutes where no name
/// server answers. So a look-up has a thread that nobody waits for, and whoever asks for the same name while
/// it is under way joins it: there is one at a time, and the end of the program waits for none. For one
/// thread.
class NameLookup {
 public:
  struct Answer {
    std::vector<std::string> addresses;  ///< Numeric, in the resolver's order.
    std::string error;                   ///< Why there is none; else empty.
  };

  NameLookup() = default;
  ~NameLookup();  ///< forget().
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

  /// `ready` is called when there is an answer, at once (a number is no name, and takes no thread) or on the
  /// look-up's thread; it must not block, and not call this object.
  void ask(const std::string& host, std::function<void()> ready);
  /// From its return on `ready` is not called any more. The look-up goes on for whoever asks next.
  void forget();
  /// The answer, once; nothing while there is none.
  [[nodiscard]] std::optional<Answer> answer();

  /// Asks and waits; nothing when `stop` came first.
  [[nodiscard]] std::optional<Answer> wait(const std::string& host, const std::stop_token& stop);

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< Shared with the look-up's thread.
};

}  // namespace cattle::http
