// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "docker-client/http/client.hpp"

#include <functional>
#include <stop_token>
#include <string>

namespace cattle::agent {

/// What the server's bootstrap script says; it is read as data and never run (P37).
struct BootstrapFacts {
  std::string required_image;
  std::string detected_ip;
};

/// GET <url>/scripts/bootstrap. Empty members when the server does not answer or says nothing.
[[nodiscard]] BootstrapFacts ask_bootstrap(const http::Client& server, const std::stop_token& stop);

/// Compares the image that the server requires with the one that runs, and acts on it: nothing, one warning
/// for each image that the operator has not permitted, or the upgrade helper (P34, P35, S60). Upkeep thread
/// only.
class ImageWatch {
 public:
  struct Options {
    std::string own_image;  ///< RANCHER_AGENT_IMAGE: as the container was started.
    std::string permitted;  ///< CATTLE_UPGRADE_IMAGES.
  };
  ImageWatch(Options options, const docker::Client& engine, std::function<void(const std::string&)> say);

  void consider(const std::string& required_image, const std::stop_token& stop);

 private:
  const Options options_;
  const docker::Client& engine_;
  const std::function<void(const std::string&)> say_;
  std::string considered_;
};

}  // namespace cattle::agent
