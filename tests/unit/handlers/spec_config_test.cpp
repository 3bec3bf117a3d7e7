// SPDX-License-Identifier: Apache-2.0
#include "handlers/errors.hpp"
#include "tests/unit/handlers/spec_fixture.hpp"

#include <gtest/gtest.h>

namespace cattle::handlers {
namespace {

using testing::body_of;
using testing::json;
using testing::kUuid;
using testing::on_network;
using testing::spec_of;

std::string error_of(const json& fields, const json& columns = json::object()) {
  try {
    (void)spec_of(fields, columns);
  } catch (const RequestError& error) {
    return error.what();
  }
  return {};
}

TEST(ContainerSpec, H19_an_empty_image_name_is_refused) {
  const char* text = "data.instanceHostMap.instance.data.fields.imageUuid: the name of the image is empty";
  EXPECT_EQ(error_of({{"imageUuid", nullptr}}), text);
  EXPECT_EQ(error_of({{"imageUuid", ""}}), text);
  EXPECT_EQ(error_of({{"imageUuid", "docker:"}}), text);
}

TEST(ContainerSpec, H20_name_is_made_of_name_and_first_part_of_uuid) {
  EXPECT_EQ(spec_of({}).name, "r-web-1-c861f990");
}

TEST(ContainerSpec, H21_a_name_that_docker_does_not_take_gives_way_to_the_uuid) {
  const std::string by_uuid = std::string("r-") + kUuid;
  for (const json& name :
       {json(nullptr), json(""), json("w"), json("web 1"), json("-web"), json("wéb"), json("a/b")}) {
    EXPECT_EQ(spec_of({}, {{"name", name}}).name, by_uuid) << name;
  }
  EXPECT_EQ(spec_of({}, {{"name", "w_1.x"}}).name, "r-w_1.x-c861f990");
}

TEST(ContainerSpec, an_instance_without_uuid_is_refused) {
  EXPECT_EQ(error_of({}, {{"uuid", nullptr}}),
            "data.instanceHostMap.instance.uuid: expected a string that isn't empty");
}

TEST(ContainerSpec, H23_uuid_is_always_labelled_and_name_when_there_is_one) {
  EXPECT_EQ(body_of({})["Labels"],
            (json{{"io.rancher.container.uuid", kUuid}, {"io.rancher.container.name", "web-1"}}));
  EXPECT_EQ(body_of({}, {{"name", nullptr}})["Labels"], (json{{"io.rancher.container.uuid", kUuid}}));
}

TEST(ContainerSpec, H24_labels_that_say_who_it_is_are_ours) {
  const json stale = {{"io.rancher.container.uuid", "old"},
                      {"io.rancher.container.name", "old"},
                      {"io.rancher.container.ip", "10.9.9.9/8"},
                      {"io.rancher.container.mac_address", "02:ff:ff:ff:ff:ff"},
                      {"io.rancher.container.agent_id", "1"}};
  const json labels = body_of({{"labels", stale}}, on_network("dockerBridge", {{"agentId", 5}}))["Labels"];
  EXPECT_EQ(labels["io.rancher.container.uuid"], kUuid);
  EXPECT_EQ(labels["io.rancher.container.name"], "web-1");
  EXPECT_EQ(labels["io.rancher.container.ip"], "10.1.2.3/16");
  EXPECT_EQ(labels["io.rancher.container.mac_address"], "02:00:00:00:00:01");
  EXPECT_EQ(labels["io.rancher.container.agent_id"], "5");
}

TEST(ContainerSpec, H25_other_labels_are_sent_unchanged) {
  const json labels = body_of({{"labels", {{"team", "b"}, {"io.rancher.container.system", "true"}}}},
                              {{"systemContainer", "NetworkAgent"}})["Labels"];
  EXPECT_EQ(labels["team"], "b");
  EXPECT_EQ(labels["io.rancher.container.system"], "true");
}

TEST(ContainerSpec, S47_label_and_environment_values_are_strings) {
  const json body = body_of({{"labels", {{"rack", 7}, {"on", true}}}, {"environment", {{"PORT", 80}}}});
  EXPECT_EQ(body["Labels"]["rack"], "7");
  EXPECT_EQ(body["Labels"]["on"], "true");
  EXPECT_EQ(body["Env"], json::array({"PORT=80"}));
}

TEST(ContainerSpec, H26_image_is_the_uuid_without_its_prefix) {
  EXPECT_EQ(body_of({{"imageUuid", "docker:quay.io/a/b:1"}})["Image"], "quay.io/a/b:1");
  EXPECT_EQ(spec_of({{"imageUuid", "busybox"}}).image, "busybox");
}

TEST(ContainerSpec, H27_a_command_list_is_sent_as_it_is) {
  EXPECT_EQ(body_of({{"command", {"sleep", "5"}}})["Cmd"], (json{"sleep", "5"}));
  EXPECT_EQ(body_of({{"command", {"sleep", 5}}})["Cmd"], (json{"sleep", "5"}));
  for (const json& none : {json::array(), json(nullptr)})
    EXPECT_FALSE(body_of({{"command", none}}).contains("Cmd"));
  EXPECT_FALSE(body_of({}).contains("Cmd"));
}

TEST(ContainerSpec, H28_a_command_string_is_a_program_with_arguments_or_a_command_line) {
  EXPECT_EQ(body_of({{"command", "sleep"}, {"commandArgs", {"1", "2", "3"}}})["Cmd"],
            (json{"sleep", "1", "2", "3"}));
  EXPECT_EQ(body_of({{"command", "sleep 5"}})["Cmd"], (json{"sleep", "5"}));
  EXPECT_FALSE(body_of({{"command", "  "}}).contains("Cmd"));
  EXPECT_EQ(body_of({{"command", R"(sh -c 'echo "a  b"' "c \"d\" \n" e\ f '' x"y"z)"}})["Cmd"],
            (json{"sh", "-c", R"(echo "a  b")", R"(c "d" \n)", "e f", "", "xyz"}));
  EXPECT_EQ(body_of({{"command", {"a"}}, {"commandArgs", {"b"}}})["Cmd"], (json{"a"}));
}

TEST(ContainerSpec, H28_an_open_quote_is_refused) {
  const char* text =
      "data.instanceHostMap.instance.data.fields.command: expected a command line with closed quotes";
  EXPECT_EQ(error_of({{"command", "echo 'a"}}), text);
  EXPECT_EQ(error_of({{"command", "echo \\"}}), text);
}

TEST(ContainerSpec, H29_entrypoint_is_sent_cleared_or_inherited) {
  EXPECT_EQ(body_of({{"entryPoint", {"./s"}}})["Entrypoint"], (json{"./s"}));
  EXPECT_EQ(body_of({{"entryPoint", json::array()}})["Entrypoint"], json::array());
  EXPECT_FALSE(body_of({{"entryPoint", nullptr}}).contains("Entrypoint"));
  EXPECT_FALSE(body_of({}).contains("Entrypoint"));
}

TEST(ContainerSpec, H30_plain_settings_map_one_to_one) {
  const json body = body_of(
      {{"tty", true}, {"stdinOpen", true}, {"workingDir", "/w"}, {"user", "1:2"}, {"domainName", "d.e"}},
      {{"hostname", "h"}});
  EXPECT_EQ(body["Tty"], true);
  EXPECT_EQ(body["OpenStdin"], true);
  EXPECT_EQ(body["WorkingDir"], "/w");
  EXPECT_EQ(body["User"], "1:2");
  EXPECT_EQ(body["Domainname"], "d.e");
  EXPECT_EQ(body["Hostname"], "h");
  const json unset =
      body_of({{"tty", nullptr}, {"stdinOpen", nullptr}, {"workingDir", nullptr}, {"user", nullptr}});
  for (const char* key :
       {"Tty", "OpenStdin", "WorkingDir", "User", "Domainname", "Hostname", "AttachStdin"}) {
    EXPECT_FALSE(unset.contains(key)) << key;
  }
}

TEST(ContainerSpec, H30_the_old_name_of_the_working_directory_counts_behind_the_new) {
  EXPECT_EQ(body_of({{"directory", "/old"}})["WorkingDir"], "/old");
  EXPECT_EQ(body_of({{"directory", "/old"}, {"workingDir", "/new"}})["WorkingDir"], "/new");
}

TEST(ContainerSpec, H31_stop_settings_are_sent_only_when_set) {
  const json body = body_of({{"stopSignal", "SIGINT"}, {"stopTimeout", 7}});
  EXPECT_EQ(body["StopSignal"], "SIGINT");
  EXPECT_EQ(body["StopTimeout"], 7);
  EXPECT_EQ(body_of({{"stopTimeout", 0}})["StopTimeout"], 0);
  EXPECT_FALSE(body_of({{"stopSignal", ""}, {"stopTimeout", nullptr}}).contains("StopSignal"));
  EXPECT_FALSE(body_of({}).contains("StopTimeout"));
}

TEST(ContainerSpec, H31_an_engine_that_does_not_know_a_setting_is_warned_about) {
  SpecFacts old = testing::debian_engine();
  old.engine_api_version = "1.24";
  const ContainerSpec spec = spec_of({{"stopTimeout", 7}, {"runInit", true}}, json::object(), old);
  EXPECT_FALSE(spec.body.contains("StopTimeout"));
  EXPECT_FALSE(spec.body["HostConfig"].contains("Init"));
  EXPECT_EQ(spec.warnings.size(), 2U);
}

TEST(ContainerSpec, H32_health_check_counts_in_nanoseconds) {
  const json check = body_of({{"healthCmd", {"CMD", "ls"}},
                              {"healthInterval", 5},
                              {"healthTimeout", 60},
                              {"healthRetries", 3}})["Healthcheck"];
  EXPECT_EQ(
      check,
      (json{{"Test", {"CMD", "ls"}}, {"Interval", 5000000000}, {"Timeout", 60000000000}, {"Retries", 3}}));
  EXPECT_FALSE(body_of({{"healthInterval", 0}, {"healthCmd", nullptr}}).contains("Healthcheck"));
  EXPECT_EQ(error_of({{"healthInterval", 9300000000}}),
            "data.instanceHostMap.instance.data.fields.healthInterval: expected a number of seconds");
}

TEST(ContainerSpec, H33_environment_becomes_a_list) {
  EXPECT_EQ(body_of({{"environment", {{"A", "b=c"}, {"N", nullptr}}}})["Env"], (json{"A=b=c", "N="}));
  EXPECT_FALSE(body_of({{"environment", nullptr}}).contains("Env"));
}

TEST(ContainerSpec, H10_scalars_in_the_environment_are_text) {
  EXPECT_EQ(body_of({{"environment", {{"KEY", 5}, {"YES", true}}}})["Env"], (json{"KEY=5", "YES=true"}));
}

TEST(ContainerSpec, H69_the_pull_label_is_seen) {
  EXPECT_TRUE(spec_of({{"labels", {{"io.rancher.container.pull_image", "always"}}}}).pull_always);
  EXPECT_FALSE(spec_of({{"labels", {{"io.rancher.container.pull_image", "no"}}}}).pull_always);
}

}  // namespace
}  // namespace cattle::handlers
