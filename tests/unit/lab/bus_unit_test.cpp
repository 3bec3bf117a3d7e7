// SPDX-License-Identifier: Apache-2.0
#include "lab/bus.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace cattle::lab {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

/// A subscription that writes down what happens to it.
class NotedListener : public Listener {
 public:
  explicit NotedListener(Audience audience) : Listener(std::move(audience)) {}
  void send(std::string text) override { sent.push_back(json::parse(text)); }
  void send_binary(std::string) override {}
  void send_in_pieces(std::string, std::size_t) override {}
  void finish() override { finished = true; }
  void cut() override { was_cut = true; }
  void freeze() override { silent = true; }
  [[nodiscard]] bool frozen() const override { return silent; }
  [[nodiscard]] std::size_t queued() const override { return unsent; }

  std::vector<json> sent;
  std::size_t unsent = 0;
  bool finished = false;
  bool was_cut = false;
  bool silent = false;
};

class BusUnit : public ::testing::Test {
 protected:
  BusUnit() { settings_.keepalive_interval = 1ms; }
  std::shared_ptr<NotedListener> add(const std::string& name, bool raw = false) {
    Audience audience;
    audience.account = 7;
    audience.raw = raw;
    audience.names = {name};
    auto listener = std::make_shared<NotedListener>(std::move(audience));
    bus_.add(listener);
    return listener;
  }
  static json event(const std::string& name) { return {{"id", "e"}, {"name", name}}; }

  boost::asio::io_context io_;
  Settings settings_;
  Ids ids_{1};
  Wire wire_;
  Faults faults_;
  Bus bus_{io_, settings_, ids_, wire_, faults_};
};

TEST_F(BusUnit, R6_a_slow_reader_is_cut_off_at_the_next_keepalive) {
  const auto listener = add("ping;agent=1");
  listener->unsent = settings_.max_queued;
  io_.run_for(10ms);
  EXPECT_FALSE(listener->was_cut);
  listener->unsent = settings_.max_queued + 1;
  io_.restart();
  io_.run_for(1s);
  EXPECT_TRUE(listener->was_cut);
}

TEST_F(BusUnit, after_the_last_keepalive_the_socket_is_closed) {
  settings_.max_keepalives = 3;
  const auto listener = add("ping;agent=1");
  io_.run_for(1s);
  EXPECT_EQ(listener->sent.size(), 3U);
  EXPECT_TRUE(listener->finished);
}

TEST_F(BusUnit, names_match_exactly_and_are_stripped_but_for_raw_accounts) {
  const auto own = add("ping;agent=1");
  const auto other = add("ping;agent=12");
  const auto star = add("*;agent=1");
  const auto raw = add("ping;agent=1", true);
  bus_.publish("agent=1", event("ping"));
  ASSERT_EQ(own->sent.size(), 1U);
  EXPECT_EQ(own->sent.front().at("name"), "ping");
  EXPECT_TRUE(other->sent.empty());
  EXPECT_TRUE(star->sent.empty());
  ASSERT_EQ(raw->sent.size(), 1U);
  EXPECT_EQ(raw->sent.front().at("name"), "ping;agent=1");
}

TEST_F(BusUnit, an_event_without_a_subscriber_is_gone) {
  bus_.publish("agent=1", event("x"));
  EXPECT_EQ(wire_.since(0).at(0).at("note"), "no subscriber");
  const auto late = add("x;agent=1");
  EXPECT_TRUE(late->sent.empty());
}

TEST_F(BusUnit, faults_strike_on_the_way_out) {
  const auto listener = add("x;agent=1");
  faults_.add({"drop", "x", 0, 0ms, 1});
  bus_.publish("agent=1", event("x"));
  EXPECT_TRUE(listener->sent.empty());
  faults_.add({"duplicate", "x", 0, 0ms, 1});
  bus_.publish("agent=1", event("x"));
  EXPECT_EQ(listener->sent.size(), 2U);
  faults_.add({"cut", "x", 0, 0ms, 1});
  bus_.publish("agent=1", event("x"));
  EXPECT_EQ(listener->sent.size(), 2U);
  EXPECT_TRUE(listener->was_cut);
}

TEST_F(BusUnit, delayed_events_come_later) {
  settings_.max_keepalives = 0;
  const auto listener = add("x;agent=1");
  faults_.add({"delay", "x", 0, 5ms, 1});
  bus_.publish("agent=1", event("x"));
  EXPECT_TRUE(listener->sent.empty());
  io_.run_for(1s);
  EXPECT_EQ(listener->sent.size(), 1U);
}

}  // namespace
}  // namespace cattle::lab
