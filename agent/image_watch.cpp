// SPDX-License-Identifier: Apache-2.0
#include "agent/image_watch.hpp"

#include "agent/registration/agent_container.hpp"
#include "agent/registration/script.hpp"
#include "agent/registration/upgrade.hpp"

#include <sstream>
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
  required_ = required_image;
  look(stop);
}

void ImageWatch::look(const std::stop_token& stop) {
  docker::Call call;
  call.stop = stop;
  try {
    if (helper_may_be_there_ && !helper_is_gone(call)) return;
  } catch (const docker::Error&) {
    return;  // The ping says what is wrong with the engine; we look again later.
  }
  if (required_ == considered_) return;
  if (required_ == failed_image_ && Clock::now() < retry_at_) return;
  act(call);
}

bool ImageWatch::helper_is_gone(const docker::Call& call) {
  const bool gone = clear(registration::kUpgradeName, call) && clear(registration::kForkUpgradeName, call);
  if (!gone) return false;
  registration::keep_across_restarts(engine_, registration::kAgentName, call);
  helper_may_be_there_ = false;
  helper_seen_.reset();
  return true;
}

bool ImageWatch::clear(std::string_view name, const docker::Call& call) {
  const auto helper = registration::find_by_name(engine_, name, call);
  if (!helper) return true;
  const auto now = Clock::now();
  if (!helper_seen_) helper_seen_ = now;
  if (helper->running && now < *helper_seen_ + options_.helper_limit) return false;
  failed(*helper, call);
  registration::remove_by_name(engine_, name, call);
  return true;
}

void ImageWatch::failed(const docker::Container& helper, const docker::Call& call) {
  const auto image = helper.raw.at("Config").at("Image").get<std::string>();
  if (image == options_.own_image) return;  // It has put us in place.
  std::string last_line;
  std::string output;
  engine_.container_logs(
      helper.id, false, [&](int, std::string_view text) { output.append(text); }, call);
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) last_line = line;
  }
  say_("the upgrade to " + image + " has failed: " + last_line);
  failed_image_ = image;
  retry_at_ = Clock::now() + options_.retry;
  if (considered_ == image) considered_.clear();
}

void ImageWatch::act(const docker::Call& call) {
  using registration::UpgradeDecision;
  considered_ = required_;
  const auto decision = registration::decide_upgrade(required_, options_.own_image, options_.permitted);
  if (decision == UpgradeDecision::none) return;
  const auto both = "the server asks for agent image " + required_ + ", this one is " + options_.own_image;
  if (decision == UpgradeDecision::refused) {
    say_(both + "; not permitted (CATTLE_UPGRADE_IMAGES), this one goes on");
    return;
  }
  const bool stock = registration::is_stock_image(required_);
  say_(both + (stock ? "; handing over to the original, without probation" : "; upgrading"));
  try {
    helper_may_be_there_ = true;
    helper_seen_.reset();
    registration::start_upgrade_helper(engine_, required_, call);
  } catch (const docker::Error& error) {
    say_(std::string("the upgrade helper could not be started: ") + error.what());
    considered_.clear();  // The registry or the engine may be back later.
    failed_image_ = required_;
    retry_at_ = Clock::now() + options_.retry_start;
  }
}

}  // namespace cattle::agent
