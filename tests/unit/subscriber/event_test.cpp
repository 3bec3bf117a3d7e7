// SPDX-License-Identifier: Apache-2.0
#include "cattle/subscriber/event.hpp"

#include <gtest/gtest.h>

namespace cattle::subscriber {
namespace {

using std::chrono::milliseconds;

Event decode(const std::string& frame) {
  return decode_event(frame, std::chrono::steady_clock::time_point{});
}

std::string cause(const std::string& frame) {
  try {
    (void)decode(frame);
  } catch (const FrameError& error) {
    return error.what();
  }
  return "(decoded)";
}

TEST(Event, everything_that_a_call_carries_is_read) {
  const auto received = std::chrono::steady_clock::time_point(std::chrono::seconds(7));
  const Event event = decode_event(R"({"id":"4f94","name":"storage.volume.activate","replyTo":"reply.4756",
      "resourceId":"1vspm116","resourceType":"volumeStoragePoolMap","time":1795357031522,"timeoutMillis":45000,
      "context":{"processId":"1382"},"data":{"volumeStoragePoolMap":{"id":116}}})",
                                   received);
  EXPECT_EQ(event.id, "4f94");
  EXPECT_EQ(event.name, "storage.volume.activate");
  EXPECT_EQ(event.reply_to, "reply.4756");
  EXPECT_EQ(event.resource_id, "1vspm116");
  EXPECT_EQ(event.resource_type, "volumeStoragePoolMap");
  EXPECT_EQ(event.time, 1795357031522);
  EXPECT_EQ(event.timeout, milliseconds(45000));
  EXPECT_EQ(event.context.at("processId"), "1382");
  EXPECT_EQ(event.data.at("volumeStoragePoolMap").at("id"), 116);
  EXPECT_EQ(event.received, received);
  EXPECT_TRUE(event.wants_reply());
}

TEST(Event, E2_keep_alive_has_nulls_and_wants_no_reply) {
  const Event event = decode(R"({"id":"51cc","name":"ping","resourceId":null,"resourceType":null,
      "data":{"options":{},"resources":[]},"time":1795356829621})");
  EXPECT_FALSE(event.wants_reply());
  EXPECT_FALSE(event.resource_id);
  EXPECT_FALSE(event.resource_type);
}

TEST(Event, E8_timeout_defaults_to_45_s) {
  EXPECT_EQ(decode(R"({"id":"a","name":"ping"})").timeout, milliseconds(45000));
  EXPECT_EQ(decode(R"({"id":"a","name":"ping","timeoutMillis":null})").timeout, milliseconds(45000));
}

TEST(Event, E8_timeout_is_a_number_or_its_text_and_is_bounded) {
  const auto timeout = [](const std::string& value) {
    return decode(R"({"id":"a","name":"ping","timeoutMillis":)" + value + "}").timeout;
  };
  EXPECT_EQ(timeout("1500"), milliseconds(1500));
  EXPECT_EQ(timeout("1500.9"), milliseconds(1500));
  EXPECT_EQ(timeout("\"7500\""), milliseconds(7500));
  EXPECT_EQ(timeout("1e300"), std::chrono::hours(24));
  EXPECT_EQ(timeout("18446744073709551615"), std::chrono::hours(24));
  for (const char* absurd :
       {"0", "-5", "-1e300", "\"soon\"", "\"\"", "\"nan\"", "\"inf\"", "true", "[1]", "{}"})
    EXPECT_EQ(timeout(absurd), milliseconds(45000)) << absurd;
}

TEST(Event, R12_name_ends_at_the_first_semicolon) {
  EXPECT_EQ(decode(R"({"id":"a","name":"ping;agent=5;x"})").name, "ping");
  EXPECT_EQ(decode(R"({"id":"a","name":"ping"})").name, "ping");
}

TEST(Event, R13_unneeded_keys_may_have_any_type) {
  for (const char* value : {"null", "1", "-2.5", "true", "\"x\"", "[1,2]", R"({"a":1})"}) {
    for (const char* key : {"previousIds", "previousNames", "publisher", "transitioning",
                            "transitioningMessage", "transitioningProgress", "context", "time",
                            "timeoutMillis", "resourceType", "resourceId", "data", "unheard.of"}) {
      const std::string frame =
          R"({"id":"a","name":"ping","replyTo":"reply.1",")" + std::string(key) + "\":" + value + "}";
      EXPECT_EQ(cause(frame), "(decoded)") << frame;
    }
  }
  EXPECT_TRUE(decode(R"({"id":"a","name":"ping","data":[1]})").data.is_null());
  EXPECT_TRUE(decode(R"({"id":"a","name":"ping","context":"x"})").context.is_null());
  EXPECT_EQ(decode(R"({"id":"a","name":"ping","replyTo":7})").reply_to, "");
  EXPECT_EQ(decode(R"({"id":"a","name":"ping","resourceId":7})").resource_id, "7");
}

TEST(Event, R14_reply_is_wanted_only_at_an_address_that_begins_with_reply) {
  const auto wants = [](const std::string& address) {
    return decode(R"({"id":"a","name":"x","replyTo":")" + address + "\"}").wants_reply();
  };
  EXPECT_TRUE(wants("reply.4611686018427387904"));
  EXPECT_FALSE(wants("compute.instance.force.stop.reply"));
  EXPECT_FALSE(wants("replyx"));
  EXPECT_FALSE(wants(""));
}

TEST(Event, frames_that_are_no_event_are_named_without_content) {
  EXPECT_EQ(cause("{\"name\":\"secret-xyzzy\""), "not JSON (byte 23)");
  EXPECT_EQ(cause("hunter2"), "not JSON (byte 1)");
  EXPECT_EQ(cause(R"({"id":"a","name":"ping","data":{"n":1e+3000}})"), "a number in it is too large");
  EXPECT_EQ(cause("\"\xff\xfe\""), "not JSON (byte 2)");
  EXPECT_EQ(cause("[1]"), "not a JSON object");
  EXPECT_EQ(cause("{}"), "name: expected a string that is not empty");
  EXPECT_EQ(cause(R"({"name":5,"id":"a"})"), "name: expected a string that is not empty");
  EXPECT_EQ(cause(R"({"name":";agent=5","id":"a"})"), "name: expected a string that is not empty");
  EXPECT_EQ(cause(R"({"name":"ping","replyTo":"reply.1"})"), "id: expected a string that is not empty");
  EXPECT_EQ(cause(R"({"name":"ping","replyTo":"reply.1","id":5})"),
            "id: expected a string that is not empty");
}

TEST(Event, endless_nesting_is_refused_before_it_costs_memory) {
  EXPECT_EQ(cause(R"({"id":"a","name":"ping","data":)" + std::string(1'000'000, '[')), "nested too deeply");
}

TEST(Event, a_frame_of_millions_of_tiny_values_is_refused_before_it_costs_gigabytes) {
  std::string values = "0";
  for (int i = 0; i < 2'100'000; ++i) values += ",0";
  EXPECT_EQ(cause(R"({"id":"a","name":"ping","data":{"x":[)" + values + "]}}"), "too many values");
  const std::string text(4'200'000, ',');
  EXPECT_NO_THROW((void)decode_event(R"({"id":"a","name":"ping","data":{"x":")" + text + R"("}})", {}));
}

TEST(Event, brackets_in_texts_are_no_nesting) {
  const std::string brackets = std::string(300, '[') + R"(\"\\)" + std::string(300, '{');
  const auto event = decode_event(R"({"id":"a","name":"ping","data":{"x":")" + brackets + R"("}})", {});
  EXPECT_EQ(event.data.at("x").get<std::string>().size(), 602U);
  std::string siblings = "[]";
  for (int i = 0; i < 300; ++i) siblings += ",[]";
  EXPECT_NO_THROW((void)decode_event(R"({"id":"a","name":"ping","data":{"x":[)" + siblings + "]}}", {}));
}

TEST(Event, a_long_list_of_objects_takes_no_time_that_grows_with_its_square) {
  std::string list = "{}";
  while (list.size() < 750'000) list += R"(,{})";
  const auto begun = std::chrono::steady_clock::now();
  const auto event = decode_event(R"({"id":"a","name":"ping","data":{"x":[)" + list + "]}}", begun);
  EXPECT_GE(event.data.at("x").size(), 250'000U);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(15));
}

}  // namespace
}  // namespace cattle::subscriber
