// SPDX-License-Identifier: Apache-2.0
#include "lab/merge.hpp"
#include "lab/port_spec.hpp"
#include "lab/post_activate.hpp"

#include <gtest/gtest.h>

namespace cattle::lab {
namespace {

using nlohmann::json;

TEST(Merge, R25_plus_merges_and_all_else_overwrites) {
  json row{{"externalId", nullptr}, {"data", {{"fields", {{"a", 1}, {"b", 2}}}, {"kept", true}}}};
  merge_reply(row, {{"externalId", "x"},
                    {"+data", {{"+fields", {{"b", 3}, {"c", nullptr}}}, {"dockerMounts", json::array()}}}});
  EXPECT_EQ(row.at("externalId"), "x");
  EXPECT_EQ(row.at("data").at("fields"), (json{{"a", 1}, {"b", 3}, {"c", nullptr}}));
  EXPECT_EQ(row.at("data").at("kept"), true);
  merge_reply(row, {{"data", {{"fields", {{"only", 1}}}}}});
  EXPECT_EQ(row.at("data"), (json{{"fields", {{"only", 1}}}}));
}

TEST(Merge, columns_that_do_not_exist_are_ignored) {
  json row{{"id", 1}, {"type", "volume"}, {"format", nullptr}, {"_own", 1}};
  merge_reply(row, {{"format", "docker"}, {"nonsense", 1}, {"id", 99}, {"type", "x"}, {"_own", 2}});
  EXPECT_EQ(row, (json{{"id", 1}, {"type", "volume"}, {"format", "docker"}, {"_own", 1}}));
  merge_reply(row, "not an object");
  EXPECT_EQ(row.size(), 4U);
}

class GoodPort : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(GoodPort, E3_is_read) {
  EXPECT_EQ(to_string(parse_port_spec(GetParam().first)), GetParam().second);
}

INSTANTIATE_TEST_SUITE_P(Forms, GoodPort,
                         ::testing::Values(std::pair{"80", "80/tcp"}, std::pair{"80/udp", "80/udp"},
                                           std::pair{"8080:80", "8080:80/tcp"},
                                           std::pair{"0.0.0.0:8080:80/tcp", "8080:80/tcp"},
                                           std::pair{"10.0.0.1:8080:80/udp", "10.0.0.1:8080:80/udp"},
                                           std::pair{"10.0.0.1::80/tcp", "10.0.0.1::80/tcp"},
                                           std::pair{"[::]:8080:80/tcp", "[::]:8080:80/tcp"},
                                           std::pair{"[fd00::5]:53:53/udp", "[fd00::5]:53:53/udp"}));

class BadPort : public ::testing::TestWithParam<const char*> {};

TEST_P(BadPort, E3_is_refused_in_the_servers_words) {
  try {
    static_cast<void>(parse_port_spec(GetParam()));
    FAIL() << "was taken";
  } catch (const PortSpecError& error) {
    EXPECT_STREQ(error.what(), "the specified port spec format is wrong");
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, BadPort,
                         ::testing::Values(":::18080:80/tcp", "", ":80", "0:80", "80/sctp", "65536",
                                           "8080:99999/tcp", "1.2.3:80:80", "300.0.0.1:80:80", "[zz]:80:80",
                                           "::1:80:80/tcp", "80/TCP", "a:80", "1:2:3"));

/// A container on a host with a pool, about to take the reply of its activation.
class TakeActivation : public ::testing::Test {
 protected:
  TakeActivation() {
    host_ = &store_.add("host", {{"accountId", 5}});
    pool_ = &store_.add("storagePool", {{"_hostId", host_->at("id")}});
    instance_ = &store_.add("instance", {{"accountId", 5}, {"nativeContainer", false}});
    (*instance_)["data"]["fields"] = {{"dataVolumeMounts", json::object()}};
    store_.add("nic", {{"instanceId", instance_->at("id")}});
  }
  void take(const json& data, Flavour flavour = Flavour::cattle) {
    take_activation(store_, flavour, *instance_, *host_, {{"externalId", "abc"}, {"+data", data}});
  }
  static json good() {
    return {
        {"dockerInspect", {{"Config", {{"Labels", {{"l", "v"}}}, {"Env", {"A=1"}}}}}},
        {"dockerMounts", json::array()},
        {"+fields", {{"dockerPorts", {"0.0.0.0:8080:80/tcp", "443/tcp"}}, {"dockerIp", "172.17.0.2/16"}}}};
  }
  Ids ids_{1};
  Store store_{ids_};
  Row* host_ = nullptr;
  Row* pool_ = nullptr;
  Row* instance_ = nullptr;
};

TEST_F(TakeActivation, ports_address_and_labels_are_taken) {
  store_.add("port", {{"instanceId", instance_->at("id")}, {"privatePort", 80}, {"protocol", "tcp"}});
  take(good());
  EXPECT_EQ(instance_->at("externalId"), "abc");
  EXPECT_EQ(instance_->at("data").at("fields").at("ports"), json::array({"8080:80/tcp"}));
  EXPECT_EQ(instance_->at("data").at("fields").at("labels").at("l"), "v");
  ASSERT_EQ(store_.all("port").size(), 2U);
  EXPECT_EQ(store_.all("port")[0]->at("publicPort"), 8080);
  EXPECT_TRUE(store_.all("port")[1]->at("publicPort").is_null());
  EXPECT_EQ(store_.all("ipAddress").at(0)->at("address"), "172.17.0.2");
}

TEST_F(TakeActivation, E3_a_bad_port_changes_nothing) {
  json data = good();
  data["+fields"]["dockerPorts"].push_back(":::8080:80/tcp");
  EXPECT_THROW(take(data), Rejected);
  EXPECT_TRUE(instance_->at("externalId").is_null());
  data["+fields"]["dockerPorts"] = {80};
  EXPECT_THROW(take(data), Rejected);
}

TEST_F(TakeActivation, E4_only_the_fork_wants_dockerMounts) {
  json data = good();
  data.erase("dockerMounts");
  EXPECT_NO_THROW(take(data));
  EXPECT_THROW(take(data, Flavour::pasturestack), Rejected);
  EXPECT_NO_THROW(take(good(), Flavour::pasturestack));
}

TEST_F(TakeActivation, R46_a_mount_needs_a_boolean_RW_and_a_source) {
  json data = good();
  data["dockerMounts"] = {{{"Source", "/a"}, {"Destination", "/b"}, {"RW", "true"}}};
  EXPECT_THROW(take(data), Rejected);
  data["dockerMounts"] = {{{"Source", "/a"}, {"Destination", "/b"}}};
  EXPECT_THROW(take(data), Rejected);
  data["dockerMounts"] = {{{"Destination", "/b"}, {"RW", true}}};
  EXPECT_THROW(take(data), Rejected);
  data["dockerMounts"] = {"x"};
  EXPECT_THROW(take(data), Rejected);
}

TEST_F(TakeActivation, mounts_become_volumes) {
  json data = good();
  data["dockerMounts"] = {
      {{"Name", "data"}, {"Driver", "local"}, {"Source", "/x/_data"}, {"Destination", "/v"}, {"RW", true}},
      {{"Source", "/srv"}, {"Destination", "/s"}, {"RW", false}},
      {{"Name", "rancher-cni"}, {"Destination", "/r"}, {"RW", true}}};
  take(data);
  ASSERT_EQ(store_.all("volume").size(), 2U);
  EXPECT_EQ(store_.all("volume")[0]->at("uri"), "local:///data");
  EXPECT_EQ(store_.all("volume")[1]->at("uri"), "file:///srv");
  EXPECT_EQ(store_.all("volume")[1]->at("data").at("fields").at("isHostPath"), true);
  EXPECT_EQ(instance_->at("data").at("fields").at("dataVolumeMounts"),
            (json{{"/v", store_.all("volume")[0]->at("id")}}));
}

TEST_F(TakeActivation, mounts_without_a_pool_fail) {
  (*pool_)["_hostId"] = 99;
  json data = good();
  EXPECT_NO_THROW(take(data));
  data["dockerMounts"] = {{{"Source", "/srv"}, {"Destination", "/s"}, {"RW", true}}};
  EXPECT_THROW(take(data), Rejected);
}

TEST_F(TakeActivation, the_fork_reads_the_inspect_strictly) {
  json data = good();
  data["dockerInspect"]["Config"]["Labels"]["n"] = 1;
  EXPECT_NO_THROW(take(data));
  EXPECT_THROW(take(data, Flavour::pasturestack), Rejected);
  data = good();
  data["dockerInspect"]["Config"]["Env"].push_back(1);
  EXPECT_THROW(take(data, Flavour::pasturestack), Rejected);
  data["dockerInspect"] = "text";
  EXPECT_THROW(take(data), Rejected);
}

TEST_F(TakeActivation, a_container_that_was_not_found_is_taken_as_such) {
  EXPECT_NO_THROW(take({{"dockerInspect", nullptr},
                        {"dockerContainer", nullptr},
                        {"+fields", {{"dockerPorts", nullptr}, {"dockerIp", nullptr}}}},
                       Flavour::pasturestack));
}

}  // namespace
}  // namespace cattle::lab
