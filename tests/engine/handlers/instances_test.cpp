// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/handlers/rig_on_engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <thread>

namespace cattle::tests {
namespace {

using nlohmann::json;
using support::Attempt;
using support::HandlerRig;
using support::image_data;
using support::instance;
using support::map_data;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kActivate = "compute.instance.activate";
constexpr const char* kDeactivate = "compute.instance.deactivate";
constexpr const char* kImageActivate = "storage.image.activate";

json root_volume(const json& instance) {
  return {{"volumeStoragePoolMap", {{"volume", {{"id", 9}, {"deviceNumber", 0}, {"instance", instance}}}}}};
}

/// A uuid that no other test and no earlier run has used on this engine.
std::string fresh_uuid() {
  static int count = 0;
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  return "t" + std::to_string(now) + "-" + std::to_string(++count);
}

class InstancesOnEngine : public RigOnEngine {
 protected:
  void SetUp() override {
    RigOnEngine::SetUp();
    if (!rig_) return;
    (void)docker().remove_image(engine().registry_image, true, false, {});
  }
  void TearDown() override {
    if (!rig_) return;
    for (const auto& made : made_) (void)rig_->reply("storage.volume.remove", root_volume(made));
    (void)docker().remove_image(engine().registry_image, true, false, {});
  }

  [[nodiscard]] HandlerRig& rig() const { return *rig_; }
  json make(const std::string& name, const std::string& image) {
    made_.push_back(instance(fresh_uuid(), name, image));
    return made_.back();
  }
  json sleeper(const std::string& name) {
    auto row = make(name, engine().image);
    row["data"]["fields"]["command"] = {"sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait"};
    return row;
  }
  [[nodiscard]] json with_credential(json row, const std::string& password) const {
    row["image"]["registryCredential"] =
        image_data(engine().registry_image, engine().registry_user,
                   password)["imageStoragePoolMap"]["image"]["registryCredential"];
    return row;
  }
  static const json& row_of(const json& reply) { return reply.at("instanceHostMap").at("instance"); }

 private:
  std::vector<json> made_;
};

TEST_F(InstancesOnEngine, H15_H14_H73_E1_a_container_is_made_stopped_started_again_and_removed) {
  auto row = sleeper("life");
  row["data"]["fields"]["environment"] = {{"A", "b"}, {"N", 5}, {"E", nullptr}};
  row["data"]["fields"]["labels"] = {{"team", "x"}};
  const auto first = rig().reply(kActivate, map_data(row));
  const auto id = row_of(first).at("externalId").get<std::string>();
  const auto inspect = docker().inspect_container(id, {});
  ASSERT_TRUE(inspect);
  EXPECT_TRUE(inspect->running);
  EXPECT_EQ(inspect->labels.at("io.rancher.container.uuid"), row.at("uuid")) << "R40";
  EXPECT_EQ(inspect->labels.at("team"), "x");
  const auto& config = inspect->raw.at("Config");
  EXPECT_EQ(config.at("Cmd"), row.at("data").at("fields").at("command")) << "H27";
  for (const std::string variable : {"A=b", "N=5", "E="})
    EXPECT_THAT(config.at("Env"), Contains(variable)) << "H33 H10";
  EXPECT_EQ(row_of(first).at("+data").at("dockerInspect"), inspect->raw) << "whole and untouched";
  EXPECT_EQ(row_of(first).at("+data").at("dockerContainer").at("State"), "running");
  EXPECT_EQ(row_of(first).at("+data").at("+fields").at("dockerIp"),
            inspect->raw.at("NetworkSettings").at("IPAddress"))
      << "H89";

  row["externalId"] = id;
  const auto stopped = rig().reply(kDeactivate, map_data(row));
  EXPECT_EQ(row_of(stopped).at("+data").at("dockerInspect").at("State").at("Running"), false);
  EXPECT_EQ(row_of(rig().reply(kDeactivate, map_data(row))).at("externalId"), id) << "R47";
  EXPECT_EQ(row_of(rig().reply(kActivate, map_data(row))).at("externalId"), id) << "started, not made again";
  EXPECT_TRUE(docker().inspect_container(id, {})->running);

  (void)rig().reply("storage.volume.remove", root_volume(row));
  EXPECT_FALSE(docker().inspect_container(id, {}));
  EXPECT_EQ(rig().reply("compute.instance.remove", map_data(row)), json::object());
}

TEST_F(InstancesOnEngine, a_plain_cycle_costs_five_four_and_three_requests) {
  auto row = sleeper("cost");
  (void)docker().known_version({});
  std::size_t fulls = 0;
  const auto calls = [&](const std::string& name, const json& data) {
    Attempt run;
    const auto reply = rig().handle(HandlerRig::event(name, data), run);
    if (reply && reply->contains("instanceHostMap")) row["externalId"] = row_of(*reply).at("externalId");
    for (const auto& call : run.calls)
      fulls += call.path == "/containers/json" || call.path == "/containers/json?all=1" ? 1U : 0U;
    return run.calls.size();
  };
  EXPECT_LE(calls(kActivate, map_data(row)), 5U);
  EXPECT_LE(calls(kDeactivate, map_data(row)), 4U);
  EXPECT_LE(calls("compute.instance.remove", map_data(row)), 3U);
  EXPECT_EQ(fulls, 0U);
}

TEST_F(InstancesOnEngine, E3_R45_published_and_exposed_ports) {
  auto row = sleeper("ports");
  row["ports"] = {{{"privatePort", 80}, {"publicPort", nullptr}, {"protocol", "tcp"}},
                  {{"privatePort", 81},
                   {"publicPort", nullptr},
                   {"protocol", "udp"},
                   {"data", {{"fields", {{"bindAddress", "127.0.0.1"}}}}}}};
  const auto ports =
      row_of(rig().reply(kActivate, map_data(row))).at("+data").at("+fields").at("dockerPorts");
  ASSERT_EQ(ports.size(), 2U) << ports;
  const std::regex grammar(R"((0\.0\.0\.0|127\.0\.0\.1):\d+:(80/tcp|81/udp))");
  for (const auto& port : ports) EXPECT_TRUE(std::regex_match(port.get<std::string>(), grammar)) << port;
}

TEST_F(InstancesOnEngine, H71_a_taken_port_is_named_and_the_container_gone) {
  auto first = sleeper("holder");
  first["ports"] = {{{"privatePort", 80}, {"publicPort", nullptr}, {"protocol", "tcp"}}};
  const auto port = row_of(rig().reply(kActivate, map_data(first)))
                        .at("+data")
                        .at("+fields")
                        .at("dockerPorts")
                        .at(0)
                        .get<std::string>();
  const auto number = port.substr(port.find(':') + 1, port.rfind(':') - port.find(':') - 1);
  auto second = sleeper("late");
  second["ports"] = {{{"privatePort", 80}, {"publicPort", std::stoi(number)}, {"protocol", "tcp"}}};
  const auto error = rig().error(kActivate, map_data(second));
  EXPECT_THAT(error, AllOf(HasSubstr(number), HasSubstr("already"), HasSubstr(engine().image)));
  docker::ContainerFilters filters;
  filters.labels = {"io.rancher.container.uuid=" + second.at("uuid").get<std::string>()};
  EXPECT_TRUE(docker().list_containers(filters, {}).empty());
}

TEST_F(InstancesOnEngine, R46_S44_mounts_have_what_the_server_reads) {
  auto row = sleeper("mounts");
  row["data"]["fields"]["dataVolumes"] = {"/etc/hostname:/seen:ro", "/anonymous"};
  row["data"]["fields"]["tmpfs"] = {{"/scratch", "size=1m"}};
  const auto mounts = row_of(rig().reply(kActivate, map_data(row))).at("+data").at("dockerMounts");
  ASSERT_EQ(mounts.size(), 2U) << mounts;
  for (const auto& mount : mounts) {
    EXPECT_TRUE(mount.at("RW").is_boolean());
    EXPECT_FALSE(mount.at("Source").get<std::string>().empty());
    EXPECT_FALSE(mount.at("Destination").get<std::string>().empty());
  }
}

TEST_F(InstancesOnEngine, R48_who_ignores_the_signal_is_killed_before_the_events_time_ends) {
  auto row = make("deaf", engine().image);
  row["data"]["fields"]["command"] = {"sh", "-c", "trap '' TERM; while :; do sleep 1; done"};
  (void)rig().reply(kActivate, map_data(row));
  Attempt run;
  const auto event =
      HandlerRig::event(kDeactivate, map_data(row, {{"timeout", 600}}), std::chrono::seconds(10));
  const auto reply = rig().handle(event, run);
  EXPECT_LT(std::chrono::steady_clock::now(), event.received + event.timeout);
  EXPECT_EQ(row_of(*reply).at("+data").at("dockerInspect").at("State").at("Running"), false);
}

TEST_F(InstancesOnEngine, E9_E10_a_native_container_is_inspected_and_described) {
  const auto name = "by-hand-" + fresh_uuid();
  const auto id =
      docker().create_container(name, {{"Image", engine().image}, {"Cmd", {"sleep", "600"}}}, {}).id;
  (void)docker().start_container(id, {});
  EXPECT_EQ(rig()
                .reply("compute.instance.inspect", {{"instanceInspect", {{"id", id}}}})
                .at("instanceInspect")
                .at("Name"),
            "/" + name);
  auto native = make("native", engine().image);
  native["externalId"] = id;
  native["nativeContainer"] = true;
  const auto reply = rig().reply(kActivate, map_data(native, {{"containerNoOpEvent", true}}));
  EXPECT_EQ(row_of(reply).at("externalId"), id);
  (void)docker().remove_container(id, {.force = true, .volumes = true}, {});
  EXPECT_EQ(
      rig().reply("compute.instance.inspect", {{"instanceInspect", {{"id", id}}}}).at("instanceInspect"),
      json::object());
}

TEST_F(InstancesOnEngine, R50_H70_H93_a_registry_with_a_password) {
  const auto& image = engine().registry_image;
  EXPECT_THAT(rig().error(kImageActivate, image_data(image)),
              HasSubstr("denies access without a credential"));
  EXPECT_THAT(rig().error(kImageActivate, image_data(image, engine().registry_user, "wrong")),
              HasSubstr("denies access to user " + engine().registry_user));
  EXPECT_FALSE(docker().inspect_image(image, {}));
  Attempt run;
  const auto event = HandlerRig::event(kImageActivate,
                                       image_data(image, engine().registry_user, engine().registry_password));
  EXPECT_NO_THROW((void)rig().handle(event, run));
  EXPECT_TRUE(docker().inspect_image(image, {}));
  EXPECT_THAT(run.progress.texts(), Contains(StartsWith("Pulling from ")));
  EXPECT_THAT(run.progress.texts(), Contains(StartsWith("Status: ")));
  EXPECT_THAT(rig().error(kImageActivate, image_data(engine().registry + "/team/none:1",
                                                     engine().registry_user, engine().registry_password)),
              HasSubstr("no such image"));
  EXPECT_THAT(rig().error(kImageActivate, image_data("127.0.0.1:9/no/such:1")),
              HasSubstr("could not be reached"));
}

TEST_F(InstancesOnEngine, a_wrong_and_a_right_credential_at_once_stay_apart) {
  const auto& image = engine().registry_image;
  std::string wrong;
  {
    std::jthread right([&] {
      EXPECT_NO_THROW(rig().reply(
          kActivate, map_data(with_credential(make("right", image), engine().registry_password))));
    });
    wrong = rig().error(
        "compute.instance.pull",
        {{"instancePull",
          {{"mode", "all"},
           {"image",
            {{"data",
              {{"dockerImage",
                {{"fullName", image.substr(image.find('/') + 1)}, {"server", engine().registry}}}}},
             {"registryCredential",
              image_data(image, engine().registry_user,
                         "wrong")["imageStoragePoolMap"]["image"]["registryCredential"]}}}}}});
  }
  EXPECT_THAT(wrong, HasSubstr("denies access"));
}

/// Blobs that the registry has given away so far, by digest.
std::map<std::string, int> blobs(const std::string& log_file) {
  std::map<std::string, int> counts;
  std::ifstream file(log_file);
  static const std::regex kBlob(R"re("GET /v2/[^ ]*/blobs/(sha256:[0-9a-f]+) HTTP/1\.1" 200)re");
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (std::regex_search(line, match, kBlob)) ++counts[match[1]];
  }
  return counts;
}

TEST_F(InstancesOnEngine, twenty_containers_with_one_absent_image_fetch_each_blob_once) {
  const auto before = blobs(engine().registry_log_file);
  std::vector<json> rows;
  for (int i = 0; i < 20; ++i) {
    rows.push_back(
        with_credential(make("c" + std::to_string(i), engine().registry_image), engine().registry_password));
  }
  {
    std::vector<std::jthread> threads;
    for (const auto& row : rows) {
      threads.emplace_back([this, &row] { EXPECT_NO_THROW((void)rig().reply(kActivate, map_data(row))); });
    }
  }
  std::size_t fetched = 0;
  for (const auto& [digest, count] : blobs(engine().registry_log_file)) {
    const auto earlier = before.count(digest) == 0 ? 0 : before.at(digest);
    EXPECT_LE(count - earlier, 1) << digest;
    fetched += count > earlier ? 1U : 0U;
  }
  EXPECT_GE(fetched, 4U) << "four layers and a configuration, each seen in the registry's log";
}

}  // namespace
}  // namespace cattle::tests
