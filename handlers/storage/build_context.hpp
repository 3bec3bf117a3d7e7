// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>

namespace cattle::handlers {

struct BuildContextLimits {
  std::int64_t bytes = std::int64_t{2} * 1024 * 1024 * 1024;
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds idle{60'000};
  std::chrono::milliseconds whole{300'000};
};

/// A build's context, downloaded into a file of its own that only we can read, and deleted with this object
/// (5.6).
class BuildContext {
 public:
  /// `url` is http or https; so is each of the up to five redirects that are followed, and the limits are for
  /// all of it. Another host never gets the URL's user and password. Throws OperationError (no such URL,
  /// status, too big, can't be written) and http::TransportError; nothing is left behind then.
  BuildContext(const std::string& url, const std::string& dir, const BuildContextLimits& limits,
               const std::stop_token& stop);
  ~BuildContext();
  BuildContext(const BuildContext&) = delete;
  BuildContext& operator=(const BuildContext&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace cattle::handlers
