// SPDX-License-Identifier: Apache-2.0
// The events that two real servers sent, in the order in which they came, against a real engine. Image,
// registry, credential, ports and container ids are this test's own; each event gets the kind of reply that
// the server needs.
#include "cattle/subscriber/event.hpp"
#include "docker-client/client.hpp"
#include "docker-client/http/client.hpp"
#include "handlers/context.hpp"
#include "handlers/routes.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/test_engine.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

namespace cattle::tests {
namespace {

using nlohmann::json;

class NoProgress : public handlers::ProgressSink {
 public:
  void report(const std::string&, std::optional<int>) override {}
  void repeat() override {}
};

class NoLog : public handlers::EventLog {
 public:
  void debug(std::string_view) override {}
  void info(std::string_view) override {}
  void warn(std::string_view) override {}
  void container(std::string_view) override {}
};

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// Calls `visit` on every object in the document.
void for_each_object(json& value, const std::function<void(json&)>& visit) {
  if (value.is_object()) visit(value);
  if (value.is_structured()) {
    for (auto& member : value) for_each_object(member, visit);
  }
}

class CapturedEvents : public EngineTest, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    std::string name = (std::filesystem::temp_directory_path() / "cattle-captured-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    state_ = name;
    docker::EngineOptions engine_options;
    engine_options.host = engine().docker_host;
    docker_ = std::make_unique<docker::Client>(engine_options);
    // The first pull has to ask for the credential, whatever an earlier test left behind.
    (void)docker_->remove_image(engine().registry_image, true, false, {});
    http::ClientOptions server_options;
    server_options.base_url = server_.url();
    server_options.username = "key";
    server_options.password = "secret";
    http_ = std::make_unique<http::Client>(server_options);
    handlers::HostOptions options;
    options.docker_uuid = "d0c0";
    options.physical_host_uuid = "9405";
    options.hostname = "host";
    options.host_ip = "127.0.0.1";
    options.server_url = server_.url();
    options.config_url = server_.url();
    options.state_dir = state_;
    options.build_dir = state_;
    options.host_key_file = state_ + "/host.key";
    options.detect_cloud_provider = false;
    handlers_ = std::make_unique<handlers::Handlers>(options, *docker_, *http_);
    for (auto& route : handlers_->routes()) routes_[route.name] = route;
  }

  void TearDown() override {
    handlers_.reset();
    for (const auto& id : made_) {
      if (docker_) (void)docker_->remove_container(id, {.force = true, .volumes = true}, {});
    }
    if (!state_.empty()) std::filesystem::remove_all(state_);
  }

  /// The fixture with this test's own image, registry, credential and ports.
  json captured() const {
    std::ifstream file(std::string(CATTLE_FIXTURES) + "/captured/" + GetParam() + ".json");
    std::ostringstream text;
    text << file.rdbuf();
    auto whole = text.str();
    const auto slash = engine().registry_image.find('/');
    replace_all(whole, "@IMAGE@", engine().image);
    replace_all(whole, "@REGISTRY_IMAGE@", engine().registry_image.substr(slash + 1));
    replace_all(whole, "@REGISTRY@", engine().registry);
    replace_all(whole, "@PASSWORD@", engine().registry_password);
    replace_all(whole, "\"publicValue\": \"puller\"", "\"publicValue\": \"" + engine().registry_user + "\"");
    auto list = json::parse(whole);
    for_each_object(list, [](json& object) {
      // Any free port will do; the captured numbers may be taken on this machine.
      if (object.contains("publicPort") && object.at("publicPort").is_number() &&
          object.contains("privatePort")) {
        object["publicPort"] = nullptr;
      }
    });
    return list;
  }

  /// Container ids that this engine gave in place of those that the server knew.
  void adopt_ids(json& event) {
    for_each_object(event, [&](json& object) {
      if (!object.contains("uuid") || !object.contains("externalId") ||
          object.value("type", "") != "instance")
        return;
      if (object.at("externalId").is_null()) return;
      const auto known = ids_.find(object.at("uuid").get<std::string>());
      if (known != ids_.end()) object["externalId"] = known->second;
      if (object.value("nativeContainer", false)) object["externalId"] = native_container();
    });
    if (event.at("name") == "compute.instance.inspect")
      event["data"]["instanceInspect"]["id"] = native_container();
  }

  const std::string& native_container() {
    if (native_.empty()) {
      const json body{{"Image", engine().image}, {"Cmd", json::array({"sleep", "600"})}};
      native_ = docker_->create_container("by-hand-" + GetParam(), body, {}).id;
      made_.push_back(native_);
      (void)docker_->start_container(native_, {});
    }
    return native_;
  }

  std::optional<json> run(const json& document) {
    const auto event = subscriber::decode_event(document.dump(), std::chrono::steady_clock::now());
    NoProgress progress;
    NoLog log;
    handlers::Context context{progress, log, {}};
    context.deadline = event.received + event.timeout;
    auto reply = routes_.at(event.name).handle(event, context);
    if (event.name == "compute.instance.activate" && reply) remember(document, *reply);
    return reply;
  }

  void remember(const json& document, const json& reply) {
    const auto& instance = document.at("data").at("instanceHostMap").at("instance");
    const auto id = reply.at("instanceHostMap").at("instance").at("externalId").get<std::string>();
    ids_[instance.at("uuid").get<std::string>()] = id;
    made_.push_back(id);
  }

  support::FakeServer server_;
  std::string state_;
  std::unique_ptr<docker::Client> docker_;
  std::unique_ptr<http::Client> http_;
  std::unique_ptr<handlers::Handlers> handlers_;
  std::map<std::string, handlers::Route> routes_;
  std::map<std::string, std::string> ids_;
  std::vector<std::string> made_;
  std::string native_;
};

bool must_fail(const std::string& name, bool first_registry_pull) {
  return name.find("missing_image_is_said-storage.image.activate") != std::string::npos ||
         first_registry_pull;
}

void expect_what_the_server_reads(const json& event, const json& reply) {
  const auto name = event.at("name").get<std::string>();
  const auto type = event.at("resourceType").is_string() ? event.at("resourceType").get<std::string>() : "";
  if (name == "compute.instance.activate") {
    const auto& instance = reply.at(type).at("instance");
    EXPECT_EQ(instance.at("externalId").get<std::string>().size(), 64U);
    const auto& data = instance.at("+data");
    EXPECT_TRUE(data.at("dockerInspect").is_object());
    EXPECT_TRUE(data.at("dockerContainer").is_object());
    ASSERT_TRUE(data.at("dockerMounts").is_array()) << "E4";
    for (const auto& mount : data.at("dockerMounts")) EXPECT_TRUE(mount.at("RW").is_boolean()) << "S44";
    for (const auto& port : data.at("+fields").at("dockerPorts")) {
      EXPECT_NE(port.get<std::string>().substr(0, 3), ":::") << "E3";
    }
    EXPECT_TRUE(data.at("+fields").at("dockerIp").is_string());
  } else if (name == "compute.instance.deactivate") {
    // Some were stopped whose start was not captured: told as absent.
    const auto& inspect = reply.at(type).at("instance").at("+data").at("dockerInspect");
    EXPECT_TRUE(inspect.is_null() || !inspect.at("State").at("Running").get<bool>());
  } else if (name == "storage.volume.activate") {
    EXPECT_EQ(reply.at("volumeStoragePoolMap").at("volume").at("format"), "docker");
  } else if (name == "storage.image.activate") {
    EXPECT_TRUE(reply.at("imageStoragePoolMap").is_object());
  } else if (name == "compute.instance.inspect") {
    EXPECT_EQ(reply.at("instanceInspect").at("Id").get<std::string>().size(), 64U);
  } else if (name == "host.port.check") {
    EXPECT_TRUE(reply.at("supported").get<bool>());
    EXPECT_TRUE(reply.at("conflicts").is_array());
  }
}

TEST_P(CapturedEvents, each_gets_the_reply_that_the_server_needs) {
  bool registry_pull_seen = false;
  for (auto& entry : captured()) {
    const auto name = entry.at("name").get<std::string>();
    SCOPED_TRACE(name);
    auto& event = entry.at("event");
    adopt_ids(event);
    if (!event.contains("replyTo")) {
      EXPECT_EQ(event.at("name"), "ping") << "E2: only the keep-alive waits for nothing";
      continue;
    }
    const bool registry_pull = name.find("private_registry-storage.image.activate") != std::string::npos;
    try {
      const auto reply = run(event);
      EXPECT_FALSE(must_fail(name, registry_pull && !registry_pull_seen));
      ASSERT_TRUE(reply);
      expect_what_the_server_reads(event, *reply);
    } catch (const std::exception& error) {
      EXPECT_TRUE(must_fail(name, registry_pull && !registry_pull_seen)) << error.what();
      EXPECT_STRNE(error.what(), "");
    }
    registry_pull_seen = registry_pull_seen || registry_pull;
  }
  EXPECT_TRUE(server_.wait_requests("/host-config", 1)) << "E14: each item is acknowledged";
}

TEST_P(CapturedEvents, E1_the_root_volumes_removal_removes_the_container) {
  std::string removed;
  for (auto& entry : captured()) {
    const auto name = entry.at("name").get<std::string>();
    if (name.find("container_life_cycle") == std::string::npos) continue;
    auto& event = entry.at("event");
    adopt_ids(event);
    (void)run(event);
    if (event.at("name") == "storage.volume.remove") {
      removed = ids_.at(event.at("data")
                            .at("volumeStoragePoolMap")
                            .at("volume")
                            .at("instance")
                            .at("uuid")
                            .get<std::string>());
      EXPECT_FALSE(docker_->inspect_container(removed, {}))
          << "still there after its root volume was removed";
      EXPECT_NO_THROW((void)run(event)) << "E12: sent again, it is answered again";
    }
  }
  EXPECT_FALSE(removed.empty());
}

INSTANTIATE_TEST_SUITE_P(Servers, CapturedEvents, ::testing::Values("cattle", "pasturestack"),
                         [](const auto& server) { return server.param; });

}  // namespace
}  // namespace cattle::tests
