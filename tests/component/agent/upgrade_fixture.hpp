// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/registration/entry_point.hpp"
#include "agent/registration/upgrade.hpp"
#include "docker-client/http/client.hpp"
#include "tests/support/fake_engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace cattle::agent::registration {

using namespace std::chrono_literals;

inline constexpr auto kOldImage = "registry.local/agent:1";
inline constexpr auto kNewImage = "registry.local/agent:2";

inline nlohmann::json agent_body(const std::string& image) {
  return {{"Image", image},
          {"Cmd", {"run"}},
          {"Env",
           {"PATH=/from/the/image", "RANCHER_AGENT_IMAGE=" + image, "CATTLE_URL=http://s:8080/v1",
            "CATTLE_ACCESS_KEY=key", "CATTLE_SECRET_KEY=s$HOME`x`", "CATTLE_HOST_LABELS=a=$1&b=\"c\"",
            "http_proxy"}},
          {"HostConfig", {{"RestartPolicy", {{"Name", "always"}, {"MaximumRetryCount", 0}}}}}};
}

inline docker::EngineOptions engine_at(const std::string& host) {
  docker::EngineOptions options;
  options.host = host;
  return options;
}

/// An old agent, and the helper that is to put a new one in its place.
class UpgradeTest : public testing::Test {
 protected:
  UpgradeTest() {
    engine_.add_image(kOldImage);
    engine_.add_image(kNewImage);
    engine_.add_image("rancher/agent:v1.2.11");
    old_ = engine_.add_container("rancher-agent", agent_body(kOldImage));
    helper_ = engine_.add_container("rancher-agent-upgrade", {{"Image", kNewImage}, {"Cmd", {"upgrade"}}});
    engine_.clear_calls();
    around_.engine = &client_;
    around_.environment = [](const std::string&) { return std::nullopt; };
    around_.say = [this](const std::string& line) { said_.push_back(line); };
    around_.waiting.now = [this] { return now_; };
    around_.waiting.pause = [this](std::chrono::milliseconds time) {
      now_ += time;
      if (on_pause_) on_pause_();
      return true;
    };
    around_.own_container = helper_.substr(0, 12);
  }

  [[nodiscard]] nlohmann::json policy(const std::string& name) const {
    return engine_.container(name)->at("HostConfig").at("RestartPolicy").at("Name");
  }
  [[nodiscard]] std::string id_of(const std::string& name) const {
    return engine_.container(name)->at("Id").get<std::string>();
  }
  void answer_after(std::chrono::seconds time) {
    on_pause_ = [this, until = now_ + time] {
      if (now_ >= until && engine_.is_running("rancher-agent")) {
        engine_.print("rancher-agent", "INFO " + std::string(kAnsweredLine) + "\n");
      }
    };
  }

  http::Library library_;
  support::FakeEngine engine_;
  docker::Client client_{engine_at(engine_.docker_host())};
  std::chrono::steady_clock::time_point now_;
  std::function<void()> on_pause_;
  std::vector<std::string> said_;
  Surroundings around_;
  std::string old_;
  std::string helper_;
};

}  // namespace cattle::agent::registration
