// SPDX-License-Identifier: Apache-2.0
#include "docker-client/error.hpp"
#include "docker-client/http/client.hpp"
#include "docker-client/registry_auth.hpp"
#include "docker-client/types/decode.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace cattle::docker {
namespace {

using nlohmann::json;

const std::string kOperation = "GET /x";

TEST(ImageReferences, are_cut_as_the_api_takes_them) {
  struct Case {
    const char* name;
    const char* repository;
    const char* tag;
    bool is_digest;
  };
  for (const Case& one :
       {Case{"redis", "redis", "latest", false}, Case{"redis:3", "redis", "3", false},
        Case{"a/b/c:x", "a/b/c", "x", false}, Case{"host:5000/a", "host:5000/a", "latest", false},
        Case{"host:5000/a:1", "host:5000/a", "1", false},
        Case{"host:5000/a@sha256:ab", "host:5000/a", "sha256:ab", true},
        Case{"a:1@sha256:ab", "a", "sha256:ab", true}, Case{"a:", "a", "latest", false}}) {
    const ImageReference reference = parse_image_reference(one.name);
    EXPECT_EQ(reference.repository, one.repository) << one.name;
    EXPECT_EQ(reference.tag, one.tag) << one.name;
    EXPECT_EQ(reference.is_digest, one.is_digest) << one.name;
  }
}

TEST(RegistryAuthHeader, is_url_safe_base64_of_what_is_given) {
  // {"password":"p>?~","serveraddress":"https://index.docker.io","username":"u"}
  EXPECT_EQ(encode_registry_auth({"u", "p>?~", "", "https://docker.io"}),
            "eyJwYXNzd29yZCI6InA-"
            "P34iLCJzZXJ2ZXJhZGRyZXNzIjoiaHR0cHM6Ly9pbmRleC5kb2NrZXIuaW8iLCJ1c2VybmFtZSI6InUifQ==");
  EXPECT_EQ(encode_registry_auth({"u", "", "", ""}), "eyJ1c2VybmFtZSI6InUifQ==");
  EXPECT_EQ(encode_registry_auth({"", "", "", ""}), "e30=");
}

TEST(Escape, leaves_nothing_that_could_end_a_segment) {
  EXPECT_EQ(http::escape("a b/c?d#e%f&g=h"), "a%20b%2Fc%3Fd%23e%25f%26g%3Dh");
  EXPECT_EQ(http::escape(""), "");
  EXPECT_EQ(http::escape("abc-_.~09"), "abc-_.~09");
  EXPECT_EQ(http::escape(std::string("a\0b", 3)), "a%00b");
}

TEST(Decode, container_keeps_the_document_untouched) {
  const json document =
      json::parse(R"({"Id":"abc","Name":"/web","Image":"sha256:1","State":{"Running":true,"Status":"running",
    "Pid":42,"StartedAt":"t"},"Config":{"Labels":{"a":"b","n":null}},"HostConfig":{"NetworkMode":"bridge"},"Odd":[1,2]})");
  const Container container = decode_container(document, kOperation);
  EXPECT_EQ(container.id, "abc");
  EXPECT_EQ(container.name, "/web");
  EXPECT_TRUE(container.running);
  EXPECT_EQ(container.pid, 42);
  EXPECT_EQ(container.labels, (std::map<std::string, std::string>{{"a", "b"}}));
  EXPECT_EQ(container.network_mode, "bridge");
  EXPECT_EQ(container.raw, document);
}

TEST(Decode, absent_and_null_are_defaults) {
  const Container container =
      decode_container(json::parse(R"({"Id":"abc","State":null,"Config":{"Labels":null}})"), kOperation);
  EXPECT_FALSE(container.running);
  EXPECT_TRUE(container.labels.empty());
  EXPECT_TRUE(
      decode_created_container(json::parse(R"({"Id":"x","Warnings":null})"), kOperation).warnings.empty());
}

TEST(Decode, a_wrong_type_names_its_path) {
  try {
    static_cast<void>(decode_container(json::parse(R"({"State":{"Pid":"many"}})"), kOperation));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_response);
    EXPECT_EQ(error.engine_message(), "$.State.Pid in the engine's answer is not an integer");
  }
  EXPECT_THROW(static_cast<void>(decode_container(json::parse("[]"), kOperation)), Error);
}

TEST(Decode, summary_has_ports) {
  const ContainerSummary summary = decode_container_summary(
      json::parse(
          R"({"Id":"a","Names":["/x"],"Created":1795563440,"Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":18080,
        "Type":"tcp"},{"PrivatePort":81,"Type":"udp"}]})"),
      kOperation);
  ASSERT_EQ(summary.ports.size(), 2U);
  EXPECT_EQ(summary.ports[0].public_port, 18080);
  EXPECT_EQ(summary.ports[1].public_port, 0);
  EXPECT_EQ(summary.ports[1].type, "udp");
  EXPECT_EQ(summary.created, 1795563440);
}

TEST(Decode, S51_events_are_read_from_the_new_members_first) {
  const EngineEvent event = decode_event(
      json::parse(R"({"status":"old","id":"oldid","from":"oldimage","Type":"container","Action":"start",
        "Actor":{"ID":"newid","Attributes":{"image":"newimage","name":"web"}},"time":5})"),
      kOperation);
  EXPECT_EQ(event.action, "start");
  EXPECT_EQ(event.actor_id, "newid");
  EXPECT_EQ(event.attributes.at("image"), "newimage");
  EXPECT_EQ(event.time, 5);
}

TEST(Decode, S51_events_fall_back_to_the_flat_members) {
  const EngineEvent event =
      decode_event(json::parse(R"({"status":"die","id":"abc","from":"redis:3","time":7})"), kOperation);
  EXPECT_EQ(event.type, "container");
  EXPECT_EQ(event.action, "die");
  EXPECT_EQ(event.actor_id, "abc");
  EXPECT_EQ(event.attributes.at("image"), "redis:3");
}

TEST(Decode, S51_events_of_newest_engines_have_no_flat_members) {
  const EngineEvent event = decode_event(
      json::parse(
          R"({"Type":"network","Action":"connect","Actor":{"ID":"n","Attributes":{"container":"c"}},"time":7})"),
      kOperation);
  EXPECT_EQ(event.type, "network");
  EXPECT_EQ(event.action, "connect");
  EXPECT_EQ(event.attributes.count("image"), 0U);
}

TEST(Decode, info_reads_driver_status_pairs) {
  const Info info = decode_info(
      json::parse(
          R"({"Driver":"devicemapper","DriverStatus":[["Pool Name","p"],["bad"]],"NCPU":4,"MemTotal":8589934592})"),
      kOperation);
  EXPECT_EQ(info.driver_status, (std::vector<std::pair<std::string, std::string>>{{"Pool Name", "p"}}));
  EXPECT_EQ(info.memory, 8589934592);
}

}  // namespace
}  // namespace cattle::docker
