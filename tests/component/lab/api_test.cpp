// SPDX-License-Identifier: Apache-2.0
#include "lab/archive.hpp"
#include "tests/component/lab/lab_test.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <map>

namespace cattle::lab {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

class ApiTest : public LabTest {
 protected:
  json get(const std::string& target, const Key& key) const {
    const auto answer = request("GET", target, key);
    EXPECT_EQ(answer.status, 200) << target;
    return json::parse(answer.body);
  }
  [[nodiscard]] int publish(const std::string& body) const {
    return request("POST", "/v1/publish", key_.key, body).status;
  }
  [[nodiscard]] http::Response lab(const std::string& method, const std::string& path,
                                   const json& body = nullptr) const {
    return request(method, "/lab/" + path, {}, body.is_null() ? "" : body.dump());
  }
};

std::map<std::string, std::string> unpack(const std::string& bytes) {
  std::map<std::string, std::string> out;
  archive* reader = archive_read_new();
  archive_read_support_filter_gzip(reader);
  archive_read_support_format_tar(reader);
  EXPECT_EQ(archive_read_open_memory(reader, bytes.data(), bytes.size()), ARCHIVE_OK);
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
    std::string content(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
    EXPECT_EQ(archive_read_data(reader, content.data(), content.size()),
              static_cast<la_ssize_t>(content.size()));
    EXPECT_EQ(archive_entry_perm(entry), 0644U);
    out[archive_entry_pathname(entry)] = content;
  }
  archive_read_free(reader);
  return out;
}

TEST_F(ApiTest, every_answer_names_account_and_schemas) {
  begin();
  const auto answer = request("GET", "/v2-beta", key_.key);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(*answer.header("x-api-schemas"), server_->url() + "/v2-beta/schemas");
  EXPECT_EQ(*answer.header("x-api-account-kind"), "agent");
  EXPECT_NE(answer.body.find("http:\\/\\/"), std::string::npos) << "slashes are escaped";
  const auto refused = request("GET", "/v1", {"no", "no"});
  EXPECT_EQ(refused.status, 401);
  EXPECT_NE(refused.header("www-authenticate"), nullptr);
  EXPECT_EQ(
      request("GET", "/v1", {"no", "no"}, "", {{"X-API-No-Challenge", "true"}}).header("www-authenticate"),
      nullptr);
}

TEST_F(ApiTest, an_agents_key_is_told_by_its_schemas) {
  begin();
  EXPECT_EQ(get("/v1/schemas/configcontent", key_.key).at("id"), "configContent");
  EXPECT_EQ(request("GET", "/v1/schemas/account", key_.key).status, 404);
  EXPECT_EQ(request("GET", "/v1/schemas/account", server_->add_administrator_key()).status, 200);
  EXPECT_GT(get("/v2-beta/schemas", key_.key).at("data").size(), 5U);
}

TEST_F(ApiTest, R17_replies_are_checked_field_by_field) {
  begin();
  EXPECT_EQ(publish("{"), 400);
  EXPECT_EQ(publish("{}"), 422);
  for (const char* name : {"name", "previousIds", "id", "time", "publisher", "transitioning"}) {
    json body{{"name", "reply.1"}};
    body[name] = nullptr;
    EXPECT_EQ(publish(body.dump()), 422) << name;
  }
  for (const char* name : {"resourceId", "resourceType", "data", "transitioningMessage",
                           "transitioningInternalMessage", "transitioningProgress", "unknown"}) {
    json body{{"name", "reply.1"}};
    body[name] = nullptr;
    EXPECT_EQ(publish(body.dump()), 201) << name;
  }
  EXPECT_EQ(publish(R"({"name":"reply.1","data":"text"})"), 422);
  EXPECT_EQ(publish(R"({"name":"reply.1","previousIds":"x"})"), 422);
  EXPECT_EQ(json::parse(request("POST", "/v1/publish", key_.key, "{}").body).at("fieldName"), "name");
}

TEST_F(ApiTest, R14_only_replies_may_be_published) {
  begin();
  EXPECT_EQ(publish(R"({"name":"compute.instance.force.stop.reply"})"), 403);
  EXPECT_EQ(publish(R"({"name":"ping"})"), 403);
  EXPECT_EQ(publish(R"({"name":"service.kubernetes.change"})"), 201);
  EXPECT_EQ(publish(R"({"name":"reply.99"})"), 201) << "nobody waits: taken all the same";
  EXPECT_EQ(request("POST", "/v1/publish", server_->add_service_key(), R"({"name":"anything"})").status, 201);
  EXPECT_EQ(request("POST", "/v2-beta/publishes", key_.key, R"({"name":"reply.1"})").status, 201);
}

TEST_F(ApiTest, R56_config_content_is_a_checked_archive) {
  begin();
  const auto answer = request("GET", "/v1/ConfigContent/host-config", key_.key);
  EXPECT_EQ(answer.status, 200);
  const auto files = unpack(answer.body);
  const std::string top = files.begin()->first.substr(0, files.begin()->first.find('/'));
  ASSERT_TRUE(files.contains(top + "/SHA1SUMS"));
  EXPECT_NE(files.at(top + "/content-home/etc/cattle/api.crt").find("BEGIN PUBLIC KEY"), std::string::npos);
  const std::string& sums = files.at(top + "/SHA1SUMS");
  EXPECT_NE(sums.find(hex_digest(files.at(top + "/apply.sh"), Digest::sha1) + " *" + top + "/apply.sh\n"),
            std::string::npos);
  EXPECT_EQ(files.at(top + "/SHA1SUMSSUM"), hex_digest(sums, Digest::sha1) + " *" + top + "/SHA1SUMS\n");
  const auto same = unpack(request("GET", "/v1/configcontent/host-config?current=" + top, key_.key).body);
  EXPECT_TRUE(same.contains(top + "/uptodate"));
  EXPECT_FALSE(same.contains(top + "/version"));
  EXPECT_EQ(request("GET", "/v1/configcontent/haproxy", key_.key).status, 404);
  std::string version = files.at(top + "/version");
  version.pop_back();
  EXPECT_EQ(request("PUT", "/v1/configcontent/host-config?version=" + version, key_.key).status, 200);
  EXPECT_EQ(server_->config_items(key_.id).at("host-config").at("applied"), 1);
  EXPECT_EQ(request("PUT", "/v1/configcontent/pyagent?version=1-other", key_.key).status, 200);
  EXPECT_EQ(server_->config_items(key_.id).at("pyagent").at("applied"), -1);
}

TEST_F(ApiTest, the_forks_archives_have_the_other_pair_of_sums) {
  begin(quick(Flavour::pasturestack));
  const auto files = unpack(request("GET", "/v1/configcontent/pyagent", key_.key).body);
  const std::string top = files.begin()->first.substr(0, files.begin()->first.find('/'));
  EXPECT_TRUE(files.contains(top + "/SHA256SUMS"));
  EXPECT_FALSE(files.contains(top + "/SHA1SUMS"));
}

TEST_F(ApiTest, E18_a_token_becomes_an_agent) {
  Options options = quick();
  options.settings.register_delay = 100ms;
  begin(options);
  const std::string url = server_->registration_url();
  const std::string token = url.substr(url.rfind('/') + 1);
  const auto script = request("GET", "/v1/scripts/" + token, {});
  EXPECT_NE(script.body.find("CATTLE_URL=\"" + server_->url() + "/v1\""), std::string::npos);
  EXPECT_NE(script.body.find("DETECTED_CATTLE_AGENT_IP=\"127.0.0.1\""), std::string::npos);
  const Key key{"registrationToken", token};
  EXPECT_TRUE(get("/v1/register?key=K", key).at("data").empty());
  const auto made = request("POST", "/v1/register", key, R"({"key":"K"})");
  EXPECT_EQ(made.status, 201);
  EXPECT_FALSE(json::parse(made.body).contains("accessKey"));
  EXPECT_FALSE(get("/v1/register?key=K", key).at("data").at(0).contains("secretKey"));
  json entry;
  for (int i = 0; i < 400 && !entry.contains("accessKey"); ++i)
    entry = get("/v1/register?key=K", key).at("data").at(0);
  EXPECT_EQ(entry.at("state"), "active");
  EXPECT_FALSE(get("/v1/register", key).at("data").at(0).contains("accessKey")) << "only for its own K";
  EXPECT_EQ(json::parse(request("POST", "/v1/register", key, R"({"key":"K"})").body).at("id"),
            entry.at("id"));
  EXPECT_EQ(
      request("GET", "/v1/schemas/configcontent", {entry.at("accessKey"), entry.at("secretKey")}).status,
      200);
  EXPECT_EQ(request("GET", "/v1/register?key=K", {"registrationToken", "wrong"}).status, 401);
  EXPECT_EQ(request("GET", "/v1/scripts/wrong", {}).status, 404);
  EXPECT_EQ(request("POST", "/v1/register", key, "{}").status, 422);
}

TEST_F(ApiTest, the_host_api_proxy_is_off) {
  begin();
  EXPECT_EQ(request("POST", "/v1/hostapiproxytokens", key_.key, R"({"reportedUuid":"x"})").status, 501);
  server_->deactivate_agent(key_.id);
  EXPECT_EQ(request("POST", "/v1/hostapiproxytokens", key_.key, "{}").status, 403);
}

TEST_F(ApiTest, E21_projects_are_listed_for_a_person) {
  begin();
  const json data = get("/v2-beta/projects", server_->add_person()).at("data");
  ASSERT_EQ(data.size(), 1U);
  EXPECT_EQ(data.at(0).at("id"), "1a5");
  EXPECT_TRUE(get("/v2-beta/projects", key_.key).at("data").empty());
  EXPECT_EQ(request("GET", "/v2-beta/projects/1a77/containers", server_->add_person()).status, 403);
}

TEST_F(ApiTest, the_lab_is_steered_over_rest) {
  begin_with_host();
  const auto made = lab("POST", "containers", {{"name", "r"}, {"image", "x"}, {"ports", {"80/tcp"}}});
  ASSERT_EQ(made.status, 201);
  const std::string id = json::parse(made.body).at("id");
  EXPECT_EQ(lab("GET", "containers/" + id + "?state=running&timeout=20000").status, 200);
  EXPECT_EQ(lab("POST", "containers/" + id + "?action=stop", {{"timeout", 1}}).status, 202);
  EXPECT_EQ(lab("GET", "instances/" + id + "?state=stopped&timeout=20000").status, 200);
  EXPECT_EQ(lab("GET", "containers/" + id + "?state=running&timeout=1").status, 408);
  EXPECT_EQ(lab("POST", "containers/" + id + "?action=fly").status, 422);
  EXPECT_EQ(lab("DELETE", "containers/" + id).status, 202);
  EXPECT_EQ(lab("GET", "containers/" + id + "?state=removed&timeout=20000").status, 200);
  EXPECT_EQ(lab("POST", "containers", {{"image", "x"}, {"ports", {"80/sctp"}}}).status, 422);
  EXPECT_GT(json::parse(lab("GET", "processes").body).at("data").size(), 2U);
  EXPECT_EQ(json::parse(lab("GET", "hosts").body).at("data").size(), 1U);
  EXPECT_EQ(json::parse(lab("GET", "agents").body).at("data").at(0).at("subscriptions"), 1);
  EXPECT_EQ(lab("GET", "nothing").status, 404);
  const json pong = json::parse(lab("POST", "events?timeout=20000",
                                    {{"agent", key_.id},
                                     {"name", "ping"},
                                     {"resourceType", "agent"},
                                     {"resourceId", key_.id},
                                     {"data", {{"options", json::object()}}}})
                                    .body);
  EXPECT_EQ(pong.size(), 1U);
}

TEST_F(ApiTest, faults_settings_and_sockets_are_set_over_rest) {
  begin();
  agent_->start();
  ASSERT_TRUE(server_->wait_for_subscription(key_.id, kSoon));
  EXPECT_EQ(
      lab("POST", "faults", {{"kind", "refuse"}, {"target", "publish"}, {"status", 503}, {"count", 100}})
          .status,
      200);
  EXPECT_EQ(publish(R"({"name":"reply.1"})"), 503);
  EXPECT_EQ(lab("DELETE", "faults").status, 200);
  EXPECT_EQ(publish(R"({"name":"reply.1"})"), 201);
  EXPECT_EQ(lab("POST", "faults", {{"kind", "nonsense"}}).status, 422);
  EXPECT_EQ(lab("PUT", "settings/instance.compute.tries", {{"value", 2}}).status, 200);
  EXPECT_EQ(json::parse(lab("GET", "settings/instance.compute.tries").body).at("value"), 2);
  EXPECT_EQ(lab("PUT", "settings/no.such", {{"value", 2}}).status, 404);
  EXPECT_EQ(lab("POST", "sockets", {{"action", "cut"}}).status, 200);
  EXPECT_TRUE(agent_->wait_for_outage());
  const json keys = json::parse(lab("POST", "keys", {{"kind", "agent"}}).body);
  EXPECT_EQ(request("GET", "/v1/schemas", {keys.at("accessKey"), keys.at("secretKey")}).status, 200);
  EXPECT_EQ(lab("POST", "keys", {{"kind", "king"}}).status, 422);
}

TEST_F(ApiTest, E5_a_refused_reply_is_the_agents_to_repeat) {
  begin_with_host();
  server_->add_fault({"lose", "publish", 500, 0ms, 1});
  EXPECT_EQ(publish(R"({"name":"reply.1"})"), 201);
  // The agent publishes pongs beside us, which are struck too.
  server_->add_fault({"slow", "publish", 500, 200ms, 100});
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(publish(R"({"name":"reply.1"})"), 201);
  EXPECT_GE(std::chrono::steady_clock::now() - began, 200ms);
}

}  // namespace
}  // namespace cattle::lab
