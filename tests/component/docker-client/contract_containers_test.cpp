// SPDX-License-Identifier: Apache-2.0
#include "tests/component/docker-client/contract.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

namespace cattle::docker {
namespace {

using ::testing::HasSubstr;

template <typename Function>
ErrorKind kind_of(const Function& function, std::string* message = nullptr) {
  try {
    function();
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    return error.kind();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorKind::engine;
}

TEST_F(EngineContract, container_lives_from_create_to_remove) {
  const std::string id = create("life", body());
  EXPECT_EQ(id.size(), 64U);
  auto container = client_->inspect_container(id, call_);
  ASSERT_TRUE(container);
  EXPECT_EQ(container->status, "created");
  EXPECT_FALSE(container->running);
  EXPECT_EQ(container->name, "/" + name("life"));

  EXPECT_EQ(client_->start_container(id, call_), StartOutcome::started);
  EXPECT_EQ(client_->start_container(id, call_), StartOutcome::already_started);
  container = client_->inspect_container(name("life"), call_);
  ASSERT_TRUE(container);
  EXPECT_TRUE(container->running);
  EXPECT_EQ(container->status, "running");
  EXPECT_GT(container->pid, 0);
  EXPECT_EQ(container->id, id);

  EXPECT_EQ(client_->stop_container(id, std::chrono::seconds(0), call_), StopOutcome::stopped);
  EXPECT_EQ(client_->stop_container(id, std::chrono::seconds(0), call_), StopOutcome::already_stopped);
  EXPECT_EQ(client_->kill_container(id, "KILL", call_), KillOutcome::not_running);
  container = client_->inspect_container(id, call_);
  ASSERT_TRUE(container);
  EXPECT_EQ(container->status, "exited");
  EXPECT_EQ(container->pid, 0);

  EXPECT_EQ(client_->remove_container(id, {}, call_), ContainerRemoveOutcome::removed);
  EXPECT_EQ(client_->remove_container(id, {}, call_), ContainerRemoveOutcome::absent);
  EXPECT_FALSE(client_->inspect_container(id, call_));
}

TEST_F(EngineContract, what_is_not_there_is_an_answer) {
  const std::string id = name("nobody");
  EXPECT_FALSE(client_->inspect_container(id, call_));
  EXPECT_EQ(client_->stop_container(id, std::chrono::seconds(1), call_), StopOutcome::absent);
  EXPECT_EQ(client_->kill_container(id, "KILL", call_), KillOutcome::absent);
  EXPECT_EQ(client_->remove_container(id, {}, call_), ContainerRemoveOutcome::absent);
  std::string message;
  EXPECT_EQ(kind_of([&] { static_cast<void>(client_->start_container(id, call_)); }, &message),
            ErrorKind::not_found);
  EXPECT_THAT(message, HasSubstr("No such container: " + id));
}

TEST_F(EngineContract, create_tells_its_failures_apart) {
  auto other = body();
  other["Image"] = "cattle.invalid/no/such:image";
  std::string message;
  EXPECT_EQ(kind_of([&] { create("image", other); }, &message), ErrorKind::image_missing);
  EXPECT_THAT(message, HasSubstr("cattle.invalid/no/such:image"));
  create("twice", body());
  EXPECT_EQ(kind_of([&] { create("twice", body()); }, &message), ErrorKind::conflict);
  EXPECT_THAT(message, HasSubstr("already in use by container"));
  EXPECT_EQ(kind_of([&] { create("bad/name", body()); }, &message), ErrorKind::engine);
  EXPECT_THAT(message, HasSubstr("Invalid container name"));
}

TEST_F(EngineContract, empty_ids_never_reach_the_engine) {
  int requests = 0;
  call_.observer = [&requests](const CallRecord&) { ++requests; };
  EXPECT_THROW(static_cast<void>(client_->inspect_container("", call_)), Error);
  EXPECT_THROW(static_cast<void>(client_->start_container("", call_)), Error);
  EXPECT_THROW(static_cast<void>(client_->remove_container("", {}, call_)), Error);
  EXPECT_THROW(static_cast<void>(client_->inspect_image("", call_)), Error);
  EXPECT_THROW(static_cast<void>(client_->remove_volume("", call_)), Error);
  EXPECT_THROW(static_cast<void>(client_->create_volume("", "", {}, call_)), Error);
  EXPECT_EQ(requests, 0);
}

TEST_F(EngineContract, names_that_nothing_can_have_are_absent) {
  for (const char* name : {"/data/x", "/data", "..", "../x", "x/.."}) {
    EXPECT_FALSE(client_->inspect_container(name, call_)) << name;
    EXPECT_FALSE(client_->inspect_volume(name, call_)) << name;
  }
}

TEST_F(EngineContract, hostile_ids_stay_one_path_segment) {
  for (const char* id : {"../info", "..", "x/../../info", "a b", "a?all=1", "a%2F..", "x#y"}) {
    try {
      EXPECT_FALSE(client_->inspect_container(id, call_)) << id;
      EXPECT_NE(client_->remove_container(id, {}, call_), ContainerRemoveOutcome::removed) << id;
    } catch (const Error& error) {
      EXPECT_TRUE(error.kind() == ErrorKind::engine || error.kind() == ErrorKind::not_found) << error.what();
    }
  }
}

TEST_F(EngineContract, running_container_is_removed_by_force_only) {
  const std::string id = start("force", body());
  try {
    static_cast<void>(client_->remove_container(id, {}, call_));
    FAIL() << "removed";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::conflict) << error.what();
    EXPECT_THAT(error.engine_message(), ::testing::HasSubstr("running container"));
  }
  RemoveContainerOptions options;
  options.force = true;
  EXPECT_EQ(client_->remove_container(id, options, call_), ContainerRemoveOutcome::removed);
}

TEST_F(EngineContract, list_is_filtered_by_the_engine) {
  auto labelled = body();
  labelled["Labels"]["cattle.colour"] = "blue";
  const std::string running = start("list-running", labelled);
  const std::string created = create("list-created", body());
  const auto ids = [this](const ContainerFilters& filters) {
    std::vector<std::string> found;
    for (const auto& one : client_->list_containers(filters, call_)) found.push_back(one.id);
    return found;
  };
  ContainerFilters filters;
  filters.ids = {created};
  EXPECT_EQ(ids(filters), std::vector<std::string>{created});
  filters.all = false;
  EXPECT_TRUE(ids(filters).empty()) << "not running";
  filters = {};
  filters.labels = {"cattle.colour=blue"};
  EXPECT_EQ(ids(filters), std::vector<std::string>{running});
  filters.labels = {"cattle.colour"};
  EXPECT_EQ(ids(filters), std::vector<std::string>{running});
  filters.labels = {"cattle.colour=red"};
  EXPECT_TRUE(ids(filters).empty());
  filters = {};
  filters.names = {"^/" + name("list-created") + "$"};
  EXPECT_EQ(ids(filters), std::vector<std::string>{created});
  filters.names = {name("list-")};
  EXPECT_EQ(ids(filters).size(), 2U);
  filters.statuses = {"running"};
  EXPECT_EQ(ids(filters), std::vector<std::string>{running});
}

TEST_F(EngineContract, list_entry_shows_name_state_and_labels) {
  const std::string id = start("entry", body());
  ContainerFilters filters;
  filters.ids = {id};
  const auto list = client_->list_containers(filters, call_);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].names, std::vector<std::string>{"/" + name("entry")});
  EXPECT_EQ(list[0].state, "running");
  EXPECT_EQ(list[0].status.rfind("Up", 0), 0U);
  EXPECT_EQ(list[0].image, target_->image);
  EXPECT_EQ(list[0].labels.count("cattle.contract"), 1U);
  EXPECT_EQ(list[0].raw.at("HostConfig").at("NetworkMode"), "default");
  EXPECT_EQ(list[0].raw.at("Id"), id);
}

TEST_F(EngineContract, wait_gives_the_exit_code) {
  EXPECT_EQ(client_->wait_container(start("wait-true", body({"true"})), call_), 0);
  EXPECT_EQ(client_->wait_container(start("wait-3", body({"sh", "-c", "exit 3"})), call_), 3);
  const std::string id = start("wait-killed", body());
  std::jthread killer(
      [this, id] { EXPECT_EQ(client_->kill_container(id, "KILL", call_), KillOutcome::killed); });
  EXPECT_EQ(client_->wait_container(id, call_), 137);
}

TEST_F(EngineContract, blocked_call_is_cancelled_at_once) {
  const std::string id = start("cancel", body());
  std::stop_source source;
  Call call;
  call.stop = source.get_token();
  std::chrono::steady_clock::time_point stopped;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stopped = std::chrono::steady_clock::now();
    source.request_stop();
  });
  EXPECT_EQ(kind_of([&] { static_cast<void>(client_->wait_container(id, call)); }), ErrorKind::cancelled);
  const auto late = std::chrono::steady_clock::now() - stopped;
  stopper.join();
  EXPECT_LT(late, std::chrono::milliseconds(200));
  EXPECT_TRUE(client_->inspect_container(id, call_)) << "the client goes on";
}

TEST_F(EngineContract, deadline_ends_a_call) {
  const std::string id = start("deadline", body());
  Call call;
  call.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
  EXPECT_EQ(kind_of([&] { static_cast<void>(client_->wait_container(id, call)); }), ErrorKind::timeout);
  EXPECT_EQ(kind_of([&] { static_cast<void>(client_->inspect_container(id, call)); }), ErrorKind::timeout)
      << "already over";
}

TEST_F(EngineContract, published_ports_and_addresses_have_the_known_shape) {
  auto published = body();
  published["ExposedPorts"] = {{"80/tcp", nlohmann::json::object()}, {"81/udp", nlohmann::json::object()}};
  published["HostConfig"]["PortBindings"] = {{"80/tcp", {{{"HostIp", "127.0.0.1"}, {"HostPort", ""}}}}};
  const std::string id = start("ports", published);
  const auto container = client_->inspect_container(id, call_);
  ASSERT_TRUE(container);
  const auto& settings = container->raw.at("NetworkSettings");
  EXPECT_EQ(settings.at("Ports").at("80/tcp").at(0).at("HostIp"), "127.0.0.1");
  const int port = std::stoi(settings.at("Ports").at("80/tcp").at(0).at("HostPort").get<std::string>());
  EXPECT_TRUE(settings.at("Ports").at("81/udp").is_null());
  EXPECT_FALSE(settings.at("Networks").at("bridge").at("IPAddress").get<std::string>().empty());
  EXPECT_EQ(settings.at("IPAddress"), settings.at("Networks").at("bridge").at("IPAddress"))
      << "API below 1.52";
  ContainerFilters filters;
  filters.ids = {id};
  const auto list = client_->list_containers(filters, call_);
  ASSERT_EQ(list.size(), 1U);
  const auto& ports = list[0].ports;
  EXPECT_TRUE(std::any_of(ports.begin(), ports.end(), [&](const PortSummary& one) {
    return one.ip == "127.0.0.1" && one.private_port == 80 && one.public_port == port && one.type == "tcp";
  }));
  EXPECT_TRUE(std::any_of(ports.begin(), ports.end(), [](const PortSummary& one) {
    return one.ip.empty() && one.private_port == 81 && one.public_port == 0 && one.type == "udp";
  }));
}

TEST_F(EngineContract, mac_address_below_api_144_is_a_member_of_the_config) {
  auto wanted = body();
  wanted["MacAddress"] = "02:42:11:22:33:44";
  const auto container = client_->inspect_container(start("mac", wanted), call_);
  ASSERT_TRUE(container);
  EXPECT_EQ(container->raw.at("Config").at("MacAddress"), "02:42:11:22:33:44");
  EXPECT_EQ(container->raw.at("NetworkSettings").at("MacAddress"), "02:42:11:22:33:44");
}

TEST_F(EngineContract, network_mode_decides_the_networks) {
  auto none = body();
  none["HostConfig"]["NetworkMode"] = "none";
  const std::string first = start("net-none", none);
  auto container = client_->inspect_container(first, call_);
  ASSERT_TRUE(container);
  EXPECT_EQ(container->network_mode, "none");
  EXPECT_EQ(container->raw.at("NetworkSettings").at("IPAddress"), "");
  EXPECT_TRUE(container->raw.at("NetworkSettings").at("Networks").contains("none"));
  auto joined = body();
  joined["HostConfig"]["NetworkMode"] = "container:" + first;
  const std::string second = start("net-joined", joined);
  container = client_->inspect_container(second, call_);
  ASSERT_TRUE(container);
  EXPECT_EQ(container->network_mode, "container:" + first);
  EXPECT_TRUE(container->raw.at("NetworkSettings").at("Networks").empty());
}

TEST_F(EngineContract, container_is_renamed_and_updated) {
  const std::string id = start("rename", body());
  client_->rename_container(id, name("renamed"), call_);
  client_->update_container(id, {{"RestartPolicy", {{"Name", "always"}}}}, call_);
  const auto container = client_->inspect_container(name("renamed"), call_);
  ASSERT_TRUE(container);
  EXPECT_EQ(container->id, id);
  EXPECT_EQ(container->raw.at("HostConfig").at("RestartPolicy").at("Name"), "always");
  create("taken", body());
  EXPECT_EQ(kind_of([&] { client_->rename_container(id, name("taken"), call_); }), ErrorKind::conflict);
}

}  // namespace
}  // namespace cattle::docker
