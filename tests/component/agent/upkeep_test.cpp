// SPDX-License-Identifier: Apache-2.0
// What is looked after beside the events.
#include "agent/options.hpp"
#include "agent/own_address.hpp"
#include "tests/component/agent/running_agent.hpp"
#include "tests/support/dead_names.hpp"

#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace cattle::agent {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

class UpkeepTest : public AgentTest {
 protected:
  UpkeepTest() {
    options_.upkeep.address_interval = 20ms;
    options_.upkeep.cloud.sys = directory_.string();
    options_.upkeep.cloud.metadata_url = metadata_.url("");
    options_.upkeep.cloud_interval = 20ms;
    options_.request_exit = [this] { ++exits_; };
  }
  void on_aws() const {
    std::filesystem::create_directories(directory_ / "class/dmi/id");
    std::ofstream(directory_ / "class/dmi/id/sys_vendor") << "Amazon EC2\n";
  }

  support::FakeServer metadata_;
  std::atomic<int> exits_{0};
};

TEST(UpkeepOptions, P29_a_stock_wait_program_is_replaced_where_that_is_asked_for) {
  config::Config settings;
  EXPECT_FALSE(make_options(settings).upkeep.preparation.replace_wait_program);
  settings.replace_wait_program = true;
  EXPECT_TRUE(make_options(settings).upkeep.preparation.replace_wait_program);
}

TEST_F(UpkeepTest, a_copy_by_the_clouds_word_ends_the_process) {
  on_aws();
  metadata_.answer("/instance-id", {503, ""}, 2);  // Later than we are.
  metadata_.answer("/instance-id", {200, "i-2"});
  std::atomic<int> asked{0};
  options_.upkeep.is_copied_instance = [&](const std::string& id) {
    ++asked;
    return id == "i-2";
  };
  start();
  ASSERT_TRUE(soon([&] { return exits_ == 1; }));
  EXPECT_TRUE(logged("is a copy of another"));
  EXPECT_EQ(asked, 1) << "an answer is asked for once";
  EXPECT_LT(server_.requests("/subscribe").at(0).at, metadata_.requests("/instance-id").at(0).at)
      << "never before the subscription";
}

TEST_F(UpkeepTest, the_same_instance_goes_on_and_is_not_asked_again) {
  on_aws();
  metadata_.answer("/instance-id", {200, "i-1"});
  std::atomic<int> asked{0};
  options_.upkeep.is_copied_instance = [&](const std::string&) {
    ++asked;
    return false;
  };
  start();
  ASSERT_TRUE(soon([&] { return asked == 1; }));
  server_.send(ping_event("p1"));
  EXPECT_TRUE(server_.wait_reply("p1"));
  EXPECT_EQ(exits_, 0);
  EXPECT_EQ(metadata_.requests("/instance-id").size(), 1U);
}

TEST_F(UpkeepTest, a_metadata_service_that_is_silent_is_left_alone_after_some_tries) {
  on_aws();
  options_.upkeep.cloud_attempts = 3;
  options_.upkeep.is_copied_instance = [](const std::string&) { return true; };
  start();
  ASSERT_TRUE(metadata_.wait_requests("/instance-id", 3));
  server_.send(ping_event("p1"));
  EXPECT_TRUE(server_.wait_reply("p1"));
  EXPECT_EQ(exits_, 0);
}

TEST_F(UpkeepTest, its_end_waits_for_no_name_server) {
  support::DeadNames names;
  const auto nobody = [](const std::string&) {};
  OwnAddress address({"", "server.dead.test", "80"}, nobody, nobody);
  std::jthread refreshing([&](const std::stop_token& stop) { address.refresh("", stop); });
  ASSERT_TRUE(soon([&] { return names.asked() == 1; }));
  const auto begun = Clock::now();
  refreshing.request_stop();
  refreshing.join();
  EXPECT_LT(Clock::now() - begun, 2s);
  names.revive();
  address.refresh("", {});
  EXPECT_EQ(names.asked(), 1) << "the next one gets the answer";
}

TEST_F(UpkeepTest, S60_P35_another_image_is_named_once_before_the_helper_takes_over) {
  options_.upkeep.watch_image = true;
  options_.upkeep.bootstrap_interval = 20ms;
  options_.upkeep.image = {"registry.local/our/agent:7", "registry.local/our/agent"};
  engine_.set_pull("registry.local/our/agent:8", {});
  server_.answer("/scripts/bootstrap", {200, "#!/bin/bash\nREQUIRED_IMAGE=\"rancher/agent:v1.2.11\"\n"});
  start();
  const auto refused = "asks for agent image rancher/agent:v1.2.11, this one is registry.local/our/agent:7";
  ASSERT_TRUE(logged(refused));
  EXPECT_THAT(engine_.calls("POST", ""), IsEmpty()) << "not permitted";
  server_.answer("/scripts/bootstrap", {200, "#!/bin/bash\nREQUIRED_IMAGE=\"registry.local/our/agent:8\"\n"});
  ASSERT_TRUE(engine_.wait_for_calls("POST", "/containers/create", 1));
  EXPECT_TRUE(
      logged("asks for agent image registry.local/our/agent:8, this one is registry.local/our/agent:7"));
  EXPECT_EQ(times_logged(refused), 1U);
  EXPECT_EQ(times_logged("agent:8, this one is"), 1U);
}

TEST_F(UpkeepTest, P34_P37_its_own_image_changes_nothing_and_the_bootstrap_script_is_not_run) {
  options_.upkeep.watch_image = true;
  options_.upkeep.bootstrap_interval = 20ms;
  options_.upkeep.image = {"registry.local/our/agent:7", "any"};
  const auto trap = (directory_ / "trap").string();
  server_.answer("/scripts/bootstrap",
                 {200, "#!/bin/bash\ntouch " + trap +
                           "\nREQUIRED_IMAGE=\"registry.local/our/agent:7\"\n$(touch " + trap + ")\n"});
  start();
  ASSERT_TRUE(server_.wait_requests("/scripts/bootstrap", 3));
  EXPECT_FALSE(std::filesystem::exists(trap));
  EXPECT_THAT(engine_.calls("POST", ""), IsEmpty());
}

TEST_F(UpkeepTest, P28_the_host_is_prepared_for_each_process_that_is_the_engine) {
  const auto program = directory_ / "program";
  const auto calls = directory_ / "calls";
  std::ofstream(program) << "#!/bin/sh\necho \"$1 $2\" >> " << calls.string() << "\n";
  std::filesystem::permissions(program, std::filesystem::perms(0700));
  options_.upkeep.prepare_host = true;
  options_.upkeep.preparation = {program.string(), program.string(), directory_.string()};
  options_.upkeep.engine_socket = (directory_ / "late.sock").string();
  const auto called = [&](const std::string& wanted) {
    std::size_t times = 0;
    std::ifstream in(calls);
    for (std::string line; std::getline(in, line);) times += line == wanted ? 1U : 0U;
    return times;
  };
  start();
  ASSERT_TRUE(soon([&] { return called("load-modules 1") == 1; }));
  EXPECT_EQ(called("share-mounts 1"), 1U) << "no engine yet";
  const std::string host = options_.engine.host;
  std::filesystem::create_symlink(host.substr(std::string("unix://").size()), options_.upkeep.engine_socket);
  const auto late = "share-mounts " + std::to_string(::getpid());
  ASSERT_TRUE(soon([&] { return called(late) == 1; }));
  ASSERT_TRUE(soon([&] { return called("load-modules 1") == 2; }));
  std::this_thread::sleep_for(5 * options_.upkeep.address_interval);
  EXPECT_EQ(called(late), 1U) << "once for each";
}

TEST_F(UpkeepTest, P29_a_wait_program_that_could_not_be_placed_is_tried_again) {
  const auto volume = directory_ / "volume";
  std::ofstream(directory_ / "r.static") << "r";
  options_.upkeep.prepare_host = true;
  options_.upkeep.preparation = {"/bin/true", (directory_ / "r.static").string(), volume.string()};
  options_.upkeep.engine_socket = (directory_ / "systemds").string();  // Process 1, whatever the engine does.
  start();
  ASSERT_TRUE(logged("the wait program is not in place"));
  std::this_thread::sleep_for(5 * options_.upkeep.address_interval);
  EXPECT_EQ(times_logged("the wait program is not in place"), 1U);
  std::filesystem::create_directories(volume);
  EXPECT_TRUE(soon([&] { return std::filesystem::exists(volume / "r"); }));
}

void shell(const std::string& command) {
  EXPECT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(concurrency-mt-unsafe)
}

std::string address_in(const support::FakeServer& server, const std::string& id) {
  const auto reply = server.wait_reply(id);
  if (!reply) return "no reply";
  for (const auto& resource : reply->at("data").at("resources")) {
    if (resource.value("type", "") == "ipAddress") return resource.value("address", "");
  }
  return "no address";
}

/// The whole agent, its server and its engine inside a network of their own.
class AddressOfHost : public AgentTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "a network namespace takes root";
  }
  /// Runs `body` on a thread with a network namespace of its own, in which all its threads live.
  static void in_own_network(const std::function<void()>& body) {
    std::thread([&] {
      ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
      shell("ip link set lo up");
      for (const auto* name : {"docker0", "br-0123456789ab", "cni0", "flannel.1", "lan0"})
        shell(std::string("ip link add ") + name + " type bridge && ip link set " + name + " up");
      shell("ip addr add 172.17.0.1/16 dev docker0");
      shell("ip addr add 172.18.0.1/16 dev br-0123456789ab");
      shell("ip addr add 10.42.0.1/24 dev cni0");
      shell("ip addr add 10.244.0.1/32 dev flannel.1");
      shell("ip addr add 169.254.7.7/16 dev lan0");
      shell("ip addr add 10.9.8.7/24 dev lan0");
      body();
    }).join();
  }
  /// `body` beside an agent with that wish, in that network.
  void with_agent(const std::string& wish, const std::function<void(support::FakeServer&)>& body) {
    in_own_network([&] {
      shell("ip route add default via 10.9.8.1");
      support::FakeServer server;
      options_.subscription.connection.url = options_.publisher.connection.url = server.url();
      options_.server_api.base_url = server.url();
      options_.address = {wish, "127.0.0.1", std::to_string(server.port())};
      options_.upkeep.address_interval = 20ms;
      Agent agent(options_);
      agent.start();
      ASSERT_TRUE(server.wait_subscribed(1));
      body(server);
    });
  }
  [[nodiscard]] std::string told(support::FakeServer& server) {
    const auto id = "p" + std::to_string(++pings_);
    server.send(ping_event(id, {{"resources", true}}));
    return address_in(server, id);
  }
  [[nodiscard]] bool says(support::FakeServer& server, const std::string& address) {
    return soon([&] { return told(server) == address; });
  }
  int pings_ = 0;
};

TEST_F(AddressOfHost, a_changed_one_goes_out_with_the_next_ping) {
  for (const std::string wish : {"if:lan0", "10.9.0.0/16", ""}) {
    with_agent(wish, [&](support::FakeServer& server) {
      EXPECT_TRUE(says(server, "10.9.8.7")) << wish;
      shell("ip addr add 10.9.8.99/24 dev lan0 && ip addr del 10.9.8.7/24 dev lan0");
      shell("ip addr replace 10.9.8.99/24 dev lan0 && ip route replace default via 10.9.8.1");
      EXPECT_TRUE(says(server, "10.9.8.99")) << wish;
      EXPECT_EQ(server.subscribed(), 1U) << "without a new subscription";
      shell("ip addr flush dev lan0");
      EXPECT_TRUE(says(server, "10.9.8.99"))
          << "a host that lost its address for a moment is still that host";
    });
  }
}

TEST_F(AddressOfHost, P09_one_that_containers_made_or_nobody_reaches_is_never_told) {
  for (const std::string wish :
       {"127.0.0.5", "169.254.7.7", "169.254.3.3", "172.17.0.1", "172.18.0.1", "10.42.0.1", "10.244.0.1"}) {
    with_agent(wish, [&](support::FakeServer& server) {
      EXPECT_NE(told(server), wish);
      EXPECT_TRUE(says(server, "10.9.8.7")) << wish << ": the next in the order";
      EXPECT_TRUE(logged("warning configuration: CATTLE_AGENT_IP=" + wish + " is not followed"));
      shell("ip addr flush dev lan0");
      EXPECT_EQ(told(server), "10.9.8.7") << "lost for a moment";
    });
  }
}

TEST_F(AddressOfHost, a_rule_that_no_address_follows_is_told_once_and_not_with_each_ping) {
  with_agent("if:docker0", [&](support::FakeServer& server) {
    EXPECT_TRUE(soon([&] {
      return logged(
          "warning configuration: address of this host: CATTLE_AGENT_IP=if:docker0: no usable address");
    }));
    EXPECT_EQ(told(server), "no address");
    EXPECT_FALSE(logged("has no IPv4 address"));
  });
}

TEST_F(AddressOfHost, another_that_was_asked_for_is_told_at_once) {
  for (const std::string wish : {"203.0.113.9", "10.9.8.7"})
    with_agent(wish, [&](support::FakeServer& server) { EXPECT_EQ(told(server), wish); });
}

}  // namespace
}  // namespace cattle::agent
