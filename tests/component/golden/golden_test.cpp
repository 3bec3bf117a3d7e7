// SPDX-License-Identifier: Apache-2.0
// Each file of tests/fixtures/golden is one event, the engine that it meets, and what must come of it: the
// reply, what was changed on the engine, and the create body. "@name@" stands for the id of the container of
// that name.
#include "agent/answer.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/handler_rig.hpp"
#include "tests/support/json_difference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

namespace cattle::tests {
namespace {

using nlohmann::json;
using support::json_difference;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

json read(const std::filesystem::path& file) {
  std::ifstream in(file);
  return json::parse(in);
}

std::vector<std::filesystem::path> pairs() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(CATTLE_GOLDEN_DIR)) {
    if (entry.path().extension() == ".json" && entry.path().filename() != "masks.json")
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

class Golden : public ::testing::TestWithParam<std::filesystem::path> {
 protected:
  void prepare(const json& steps) {
    for (const auto& step : steps) {
      if (step.contains("image")) engine_.add_image(step.at("image"), step.value("config", json::object()));
      if (step.contains("volume")) engine_.add_volume(step.at("volume"), step.value("driver", "local"));
      if (step.contains("container")) {
        engine_.add_container(step.at("container"), with_ids(step.at("body")), step.value("running", true));
        learn_ids();
      }
      if (step.contains("pull")) {
        support::PullBehaviour pull;
        pull.error_status = step.value("status", 0);
        pull.error = step.value("error", "");
        engine_.set_pull(step.at("pull"), pull);
      }
    }
    engine_.clear_calls();
  }

  support::HandlerRig::Options options(const json& host) const {
    support::HandlerRig::Options options;
    options.engine.host = engine_.docker_host();
    options.host.docker_uuid = "host-uuid";
    options.host.physical_host_uuid = "physical-uuid";
    options.host.hostname = "host.example";
    options.host.host_ip = "10.1.2.3";
    options.host.config_url = host.value("config_url", "https://server.example/v1");
    options.host.create_labels = {{"rack", "a"}};
    options.host.detect_cloud_provider = false;
    options.host.resolv_conf = std::string(CATTLE_GOLDEN_DIR) + "/resolv.conf";
    options.host.proc = std::string(CATTLE_GOLDEN_DIR) + "/proc";
    options.host.host_proc = options.host.proc;
    const auto proxy = host.value("proxy", json::object());
    for (const auto& [name, value] : proxy.items()) options.host.proxy_environment.emplace_back(name, value);
    return options;
  }

  std::optional<json> reply_to(const json& document) {
    const support::HandlerRig rig(options(document.value("host", json::object())));
    const auto event =
        subscriber::decode_event(with_ids(document.at("event")).dump(), std::chrono::steady_clock::now());
    support::Attempt run;
    docker::Call call;
    call.stop = run.stop.get_token();
    handlers::Context context{run.progress, run.log, call, event.received + event.timeout};
    const auto answer =
        agent::answer(event, rig.route(event.name), context, [](const auto& text) { return text; });
    learn_ids();
    if (!answer.body) return std::nullopt;
    return json::parse(*answer.body);
  }

  /// The requests that changed the engine, in their order.
  std::vector<std::string> changes() const {
    std::vector<std::string> lines;
    for (const auto& call : engine_.calls()) {
      if (call.method == "GET") continue;
      std::string line = call.method + " " + call.path;
      for (const auto& [key, value] : call.query) line.append(" ").append(key).append("=").append(value);
      lines.push_back(line);
    }
    return lines;
  }

  json with_ids(const json& value) const {
    std::string text = value.dump();
    for (const auto& [name, id] : ids_) replace_all(text, "@" + name + "@", id);
    return json::parse(text);
  }

  void learn_ids() {
    for (const auto& id : engine_.container_ids())
      ids_[engine_.container(id)->at("Name").get<std::string>().substr(1)] = id;
  }

  support::FakeEngine engine_;
  std::map<std::string, std::string> ids_;
};

TEST_P(Golden, event_leads_to_its_reply) {
  const json document = read(GetParam());
  const auto masks =
      read(std::filesystem::path(CATTLE_GOLDEN_DIR) / "masks.json").get<std::vector<std::string>>();
  prepare(document.value("engine", json::array()));
  json reply = reply_to(document).value_or(json());
  json expected = with_ids(document.at("reply"));
  support::mask(reply, masks);
  support::mask(expected, masks);
  EXPECT_THAT(json_difference(expected, reply), IsEmpty());
  EXPECT_THAT(json_difference(with_ids(document.at("changes")), changes()), IsEmpty());
  if (document.contains("create")) {
    const auto created = engine_.calls("POST", "/containers/create");
    ASSERT_FALSE(created.empty());
    EXPECT_THAT(json_difference(with_ids(document.at("create")), json::parse(created.back().body)),
                IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Pairs, Golden, ::testing::ValuesIn(pairs()),
                         [](const auto& pair) { return pair.param.stem().string(); });

TEST(JsonDifference, each_difference_is_named_by_its_path) {
  EXPECT_THAT(json_difference({{"a", 1}, {"b", {1, 2}}, {"c", 3}}, {{"a", 1}, {"b", {1, "2"}}, {"d", 4}}),
              ::testing::UnorderedElementsAre("/b/1: expected 2, got \"2\"", "/c: expected 3, got nothing",
                                              "/d: expected nothing, got 4"));
  EXPECT_THAT(json_difference({{"a", 1}}, {{"a", 1}}), IsEmpty());
  EXPECT_THAT(json_difference(json(), json::object()),
              ElementsAre("the whole document: expected null, got {}"));
}

TEST(JsonDifference, a_mask_hides_a_value_and_not_that_it_is_there) {
  json document = {{"Id", 1}, {"list", {{{"Id", 2}, {"x", 3}}}}, {"deep", {{"er", {{"Id", 4}}}}}};
  support::mask(document, {"/**/Id", "/list/*/nothing"});
  EXPECT_EQ(document, (json{{"Id", "(masked)"},
                            {"list", {{{"Id", "(masked)"}, {"x", 3}}}},
                            {"deep", {{"er", {{"Id", "(masked)"}}}}}}));
  support::mask(document, {"/list/0/x"});
  EXPECT_EQ(document.at("list").at(0).at("x"), "(masked)");
}

}  // namespace
}  // namespace cattle::tests
