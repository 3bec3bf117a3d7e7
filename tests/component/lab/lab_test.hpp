// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/http/client.hpp"
#include "lab/server.hpp"
#include "tests/support/paper_agent.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace cattle::lab {

/// A lab whose clockwork runs fast but whose time-outs do not, so that a busy machine changes nothing. Tests
/// that are about a time-out shorten it.
class LabTest : public ::testing::Test {
 protected:
  static constexpr std::chrono::seconds kSoon{20};

  static Options quick(Flavour flavour = Flavour::cattle) {
    Options out;
    out.flavour = flavour;
    Settings& s = out.settings;
    s.event_timeout = std::chrono::seconds(20);
    s.keepalive_interval = std::chrono::milliseconds(50);
    s.ping_schedule = std::chrono::milliseconds(50);
    s.ping_instances_every =
        0;  // A paper agent's list is what the test says; it asks for it when it is right.
    s.activate_ping_timeout = std::chrono::milliseconds(200);
    s.activate_ping_tries = 100;
    s.config_timeout = std::chrono::milliseconds(100);
    s.config_sync = std::chrono::milliseconds(50);
    s.retry_base = std::chrono::milliseconds(20);
    s.retry_step = std::chrono::milliseconds(1);
    s.change_delay = std::chrono::milliseconds(20);
    s.lock_wait = std::chrono::milliseconds(100);
    s.container_event_repeat = std::chrono::milliseconds(100);
    s.security = true;
    return out;
  }

  void begin(const Options& options = quick()) {
    server_ = std::make_unique<Server>(options);
    server_->start();
    key_ = server_->add_agent();
    agent_ = std::make_unique<tests::PaperAgent>(*server_, key_);
  }
  /// An agent on whose host all goes well.
  void begin_with_host(const Options& options = quick()) {
    begin(options);
    agent_->start();
    ASSERT_TRUE(server_->wait_for_host(kSoon));
  }
  std::string running_container() {
    std::string id = server_->create_instance({{"name", "c"}, {"image", "local/busybox:test"}});
    EXPECT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
    return id;
  }
  void ask_for_instances() { server_->set("agent.ping.instances.every", 1); }
  [[nodiscard]] http::Response request(const std::string& method, const std::string& target, const Key& key,
                                       const std::string& body = "",
                                       std::vector<std::pair<std::string, std::string>> headers = {}) const {
    http::ClientOptions options;
    options.base_url = server_->url();
    options.username = key.access_key;
    options.password = key.secret_key;
    const http::Client client(options);
    http::Request out;
    out.method = method;
    out.target = target;
    out.body = body;
    out.headers = std::move(headers);
    return client.send(out);
  }
  /// What the server made of the replies, in order.
  [[nodiscard]] std::vector<std::string> notes(const std::string& kind) const {
    std::vector<std::string> out;
    for (const auto& entry : server_->wire()) {
      if (entry.at("kind") == kind) out.push_back(entry.at("note"));
    }
    return out;
  }

  http::Library library_;
  std::unique_ptr<Server> server_;
  AgentKey key_;
  std::unique_ptr<tests::PaperAgent> agent_;
};

}  // namespace cattle::lab
