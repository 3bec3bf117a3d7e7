// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/publisher.hpp"
#include "cattle/subscriber/reply.hpp"
#include "cattle/subscriber/subscription.hpp"
#include "lab/server.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace cattle::tests {

/// An agent without an engine, for tests of the lab: subscribes as the real one and answers each event with
/// what the test says. Containers exist on paper only.
class PaperAgent {
 public:
  /// The bodies to publish for an event, in order; none for silence. Called on the agent's own thread.
  using Answer = std::function<std::vector<std::string>(const subscriber::Event&)>;

  PaperAgent(const lab::Server& server, const lab::AgentKey& key);
  ~PaperAgent();
  PaperAgent(const PaperAgent&) = delete;
  PaperAgent& operator=(const PaperAgent&) = delete;

  void start();
  void stop();  ///< Closes the subscription.
  /// Replaces the answer to events of this name; the usual ones are those of a host on which all goes well.
  void on(const std::string& name, Answer answer);
  void publish(const std::string& body) const;

  [[nodiscard]] std::vector<subscriber::Event> events(const std::string& name = "") const;
  [[nodiscard]] std::vector<std::string> names()
      const;  ///< Of all events that want a reply but pings, in order.
  [[nodiscard]] std::size_t keepalives() const { return keepalives_; }
  /// True when so many events of this name came in time.
  [[nodiscard]] bool wait_for(const std::string& name, std::size_t count,
                              std::chrono::milliseconds deadline = std::chrono::seconds(20)) const;
  [[nodiscard]] std::vector<subscriber::Outage> outages() const;
  [[nodiscard]] bool wait_for_outage(std::chrono::milliseconds deadline = std::chrono::seconds(20)) const;
  [[nodiscard]] bool subscribed() const;

  /// The body of an activation's reply.
  [[nodiscard]] static nlohmann::json description(const subscriber::Event& event, const nlohmann::json& ports,
                                                  const nlohmann::json& mounts);
  /// Containers that pings report with the flag `instances`: uuid, dockerId, state, image.
  void set_instances(nlohmann::json instances);
  void set_resources(nlohmann::json resources);  ///< In place of host, pool and address.
  [[nodiscard]] static nlohmann::json host_resources();

 private:
  void take(const std::string& frame);
  void work(const std::stop_token& stop);
  [[nodiscard]] std::vector<std::string> usual(const subscriber::Event& event) const;
  [[nodiscard]] std::string pong(const subscriber::Event& event) const;

  subscriber::Publisher publisher_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::string, Answer> answers_;
  std::deque<subscriber::Event> waiting_;
  std::vector<subscriber::Event> events_;
  std::vector<subscriber::Outage> outages_;
  nlohmann::json instances_ = nlohmann::json::array();
  nlohmann::json resources_;
  std::atomic<std::size_t> keepalives_{0};
  subscriber::Subscription subscription_;
  std::jthread worker_;
};

}  // namespace cattle::tests
