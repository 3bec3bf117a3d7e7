// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace cattle::docker {

/// Cuts a newline-delimited JSON stream into its objects. Lines that are no JSON object are ignored, as the
/// engine's own client and both original agents do.
class MessageStream {
 public:
  using OnMessage = std::function<void(const nlohmann::json& message)>;

  /// `operation` is named in errors.
  MessageStream(std::string operation, OnMessage on_message);

  /// Any cut. Throws Error::bad_response on a line longer than 16 MiB.
  void feed(std::string_view bytes);
  /// The stream ended cleanly: its last line may lack the line break.
  void finish();

 private:
  void take(std::string_view line);

  std::string operation_;
  OnMessage on_message_;
  std::string rest_;  ///< The line that is not complete yet.
};

}  // namespace cattle::docker
