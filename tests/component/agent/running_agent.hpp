// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/agent.hpp"
#include "docker-client/http/client.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/fake_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace cattle::agent {

/// Waits for a condition, ten seconds at most.
[[nodiscard]] bool soon(const std::function<bool()>& condition,
                        std::chrono::milliseconds limit = std::chrono::seconds(10));

/// Events of our own writing, in the shape of the captures but no larger than a test needs.
[[nodiscard]] nlohmann::json make_event(const std::string& name, const std::string& id,
                                        nlohmann::json data = {});
[[nodiscard]] nlohmann::json ping_event(const std::string& id,
                                        nlohmann::json options = nlohmann::json::object());
[[nodiscard]] nlohmann::json image_event(const std::string& id, const std::string& image);
[[nodiscard]] nlohmann::json activate_event(const std::string& id, const std::string& uuid,
                                            const std::string& image);
[[nodiscard]] nlohmann::json deactivate_event(const std::string& id, const std::string& uuid);
[[nodiscard]] nlohmann::json inspect_event(const std::string& id, const std::string& container);

/// The whole agent in this process, between a fake server and a fake engine. Not started: tests change
/// options first.
class AgentTest : public testing::Test {
 public:
  AgentTest();
  ~AgentTest() override;

  void start();  ///< And waits until it is subscribed.
  void stop() { agent_.reset(); }
  /// The engine's answers to requests whose path has this in it stay away until its clear_faults().
  void hang(const std::string& path);
  [[nodiscard]] std::string log() const;
  /// Waits until the log has that text.
  [[nodiscard]] bool logged(const std::string& text) const;
  [[nodiscard]] std::size_t times_logged(const std::string& text) const;
  /// Final replies to that event that the server accepted.
  [[nodiscard]] std::vector<nlohmann::json> final_replies(const std::string& id) const;
  [[nodiscard]] std::vector<std::string> progress_texts(const std::string& id) const;

  http::Library library_;
  std::filesystem::path directory_;
  support::FakeServer server_;
  support::FakeEngine engine_;
  AgentOptions options_;
  std::unique_ptr<Agent> agent_;
};

}  // namespace cattle::agent
