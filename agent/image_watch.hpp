// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "docker-client/http/client.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace cattle::agent {

/// What the server's bootstrap script says; it is read as data and never run (P37).
struct BootstrapFacts {
  std::string required_image;
  std::string detected_ip;
};

/// GET <url>/scripts/bootstrap. Empty members when the server does not answer or says nothing.
[[nodiscard]] BootstrapFacts ask_bootstrap(const http::Client& server, const std::stop_token& stop);

/// Compares the image that the server requires with the one that runs, and acts on it: nothing, one warning
/// for each image that the operator has not permitted, or the upgrade helper (P34, P35, S60). Removes the
/// helper of an upgrade when it has ended (P31), never before: it may have us on probation. That we still run
/// then, from another image, means that the upgrade has failed; it is tried again after `retry`. Upkeep
/// thread only.
class ImageWatch {
 public:
  struct Options {
    std::string own_image;  ///< RANCHER_AGENT_IMAGE: as the container was started.
    std::string permitted;  ///< CATTLE_UPGRADE_IMAGES.
    std::chrono::milliseconds retry{3'600'000};
    std::chrono::milliseconds retry_start{300'000};   ///< When the helper itself could not be started.
    std::chrono::milliseconds helper_limit{300'000};  ///< One that runs longer hangs, and is removed.
  };
  ImageWatch(Options options, const docker::Client& engine, std::function<void(const std::string&)> say);

  /// What the server asks for, as it was last heard; then look().
  void consider(const std::string& required_image, const std::stop_token& stop);
  /// To be called now and then.
  void look(const std::stop_token& stop);

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] bool helper_is_gone(const docker::Call& call);
  [[nodiscard]] bool clear(std::string_view name, const docker::Call& call);
  void failed(const docker::Container& helper, const docker::Call& call);
  void act(const docker::Call& call);

  const Options options_;
  const docker::Client& engine_;
  const std::function<void(const std::string&)> say_;
  std::string required_;
  std::string considered_;  ///< Needs nothing more.
  bool helper_may_be_there_ = true;
  std::optional<Clock::time_point> helper_seen_;
  std::string failed_image_;
  Clock::time_point retry_at_;
};

}  // namespace cattle::agent
