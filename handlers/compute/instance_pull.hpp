// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "handlers/context.hpp"
#include "handlers/route.hpp"
#include "handlers/storage/image_pull.hpp"

#include <optional>
#include <string>

namespace cattle::handlers {

/// compute.instance.pull (3.6, H82 to H85, S49): the two halves of the server's pull task. The first pulls,
/// also what is present, and holds the image with a temporary tag; the second (`complete`) takes that tag
/// away.
class InstancePull {
 public:
  InstancePull(const docker::Client& engine, ImagePulls& pulls) : engine_(engine), pulls_(pulls) {}
  [[nodiscard]] std::optional<nlohmann::json> handle(const Event& event, Context& context) const;

 private:
  struct Task;
  [[nodiscard]] static Task decode(const Event& event);
  void release(const Task& task, Context& context) const;
  void pull(const Task& task, ImagePulls::Clock::time_point wanted_since, Context& context) const;

  const docker::Client& engine_;
  ImagePulls& pulls_;
};

/// The name that a pull task means: `fullName` comes without the registry's host.
[[nodiscard]] std::string pulled_name(const std::string& server, const std::string& full_name);

}  // namespace cattle::handlers
