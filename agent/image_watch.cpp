// SPDX-License-Identifier: Apache-2.0
#include "agent/image_watch.hpp"

#include "agent/registration/script.hpp"
#include "agent/registration/upgrade.hpp"

#include <utility>

namespace cattle::agent {

BootstrapFacts ask_bootstrap(const http::Client& server, const std::stop_token& stop) {
  http::Request request;
  request.target = "/scripts/bootstrap";
  request.timeout = std::chrono::seconds(10);
  try {
    const auto response = server.send(request, stop);
    if (response.status != 200) return {};
    return {registration::find_assignment(response.body, "REQUIRED_IMAGE"),
            registration::find_assignment(response.body, "DETECTED_CATTLE_AGENT_IP")};
  } catch (const http::TransportError&) {
    return {};  // The subscription says what is wrong with the link; we ask again later.
  }
}

ImageWatch::ImageWatch(Options options, const docker::Client& engine,
                       std::function<void(const std::string&)> say)
    : options_(std::move(options)), engine_(engine), say_(std::move(say)) {}

void ImageWatch::consider(const std::string& required_image, const std::stop_token& stop) {
  using registration::UpgradeDecision;
  if (required_image == considered_) return;
  considered_ = required_image;
  const auto decision = registration::decide_upgrade(required_image, options_.own_image, options_.permitted);
  if (decision == UpgradeDecision::none) return;
  const auto both =
      "the server asks for agent image " + required_image + ", this one is " + options_.own_image;
  if (decision == UpgradeDecision::refused) {
    say_(both + "; not permitted (CATTLE_UPGRADE_IMAGES), this one goes on");
    return;
  }
  const bool stock = registration::is_stock_image(required_image);
  say_(both + (stock ? "; handing over to the original, without probation" : "; upgrading"));
  try {
    docker::Call call;
    call.stop = stop;
    registration::start_upgrade_helper(engine_, required_image, call);
  } catch (const docker::Error& error) {
    say_(std::string("the upgrade helper could not be started: ") + error.what());
    considered_.clear();  // The registry or the engine may be back next time.
  }
}

}  // namespace cattle::agent
