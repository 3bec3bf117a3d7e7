// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "docker-client/http/client.hpp"
#include "lab/agent_process.hpp"
#include "lab/core.hpp"
#include "lab/server.hpp"
#include "tests/support/test_engine.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace cattle::lab {

/// `cattle-agent run` as a process of its own, subscribed to a lab, on the engine of the tests.
class LabEngineTest : public tests::EngineTest {
 protected:
  static constexpr std::chrono::seconds kSoon{90};

  void SetUp() override {
    tests::EngineTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    std::string pattern = "/tmp/le-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    docker::EngineOptions options;
    options.host = engine().docker_host;
    docker_ = std::make_unique<docker::Client>(options);
  }
  void TearDown() override {
    if (docker_) {
      // What the agent left when a test failed must not be the next one's.
      agent_.reset();
      for (const auto& container : ours())
        static_cast<void>(docker_->remove_container(container.id, {true, true}, {}));
    }
    server_.reset();
    if (!HasFailure() && !directory_.empty()) std::filesystem::remove_all(directory_);
    if (HasFailure()) std::cerr << "the agent's log is kept: " << directory_ << "/agent.log\n";
  }

  void begin(Options options = {}) {
    options.settings.security = true;
    options.settings.ping_schedule = std::chrono::seconds(1);
    options.settings.ping_instances_every = 15;  // Every 15 s, as the real server.
    options.settings.config_sync = std::chrono::seconds(2);
    options.settings.retry_base = std::chrono::milliseconds(200);
    server_ = std::make_unique<Server>(options);
    server_->start();
    key_ = server_->add_agent();
    start_agent();
    ASSERT_TRUE(server_->wait_for_host(kSoon)) << "no host: see " << directory_;
  }
  void ask_for_instances() { server_->set("agent.ping.instances.every", 2); }
  void start_agent() {
    agent_.emplace(
        AgentProgram{CATTLE_AGENT_PROGRAM, server_->url(), key_.key, engine().docker_host, directory_, {}});
  }

  std::string create(const std::string& name, const nlohmann::json& more = nlohmann::json::object()) {
    nlohmann::json spec{{"name", name},
                        {"image", engine().image},
                        {"networkMode", "none"},
                        {"command", {"sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done"}}};
    spec.update(more);
    return server_->create_instance(spec);
  }
  std::string running(const std::string& name, const nlohmann::json& more = nlohmann::json::object()) {
    std::string id = create(name, more);
    EXPECT_TRUE(server_->wait_for_state("instance", id, "running", kSoon))
        << server_->row("instance", id).dump();
    return id;
  }
  void remove_and_check(const std::string& id) {
    server_->remove_instance(id);
    EXPECT_TRUE(server_->wait_for_state("instance", id, "removed", kSoon));
    EXPECT_TRUE(server_->wait_for_idle(kSoon)) << server_->processes().dump();
  }
  /// Containers of the engine that were made for Rancher.
  [[nodiscard]] std::vector<docker::ContainerSummary> ours() const {
    docker::ContainerFilters filters;
    filters.labels = {"io.rancher.container.uuid"};
    return docker_->list_containers(filters, {});
  }
  [[nodiscard]] std::string state_of(const std::string& id) {
    const nlohmann::json external = server_->row("instance", id).at("externalId");
    if (!external.is_string()) return "none";
    const auto found = docker_->inspect_container(external.get<std::string>(), {});
    return found ? found->raw.at("State").at("Status").get<std::string>() : "absent";
  }

  http::Library library_;
  std::string directory_;
  std::unique_ptr<docker::Client> docker_;
  std::unique_ptr<Server> server_;
  AgentKey key_;
  std::optional<AgentProcess> agent_;
};

}  // namespace cattle::lab
