// SPDX-License-Identifier: Apache-2.0
#include "cattle/subscriber/reply.hpp"

#include <gtest/gtest.h>

#include <set>

namespace cattle::subscriber {
namespace {

using nlohmann::json;

Event call() {
  Event event;
  event.id = "0d1f";
  event.name = "storage.image.activate";
  event.reply_to = "reply.42";
  event.resource_id = "1ispm12";
  event.resource_type = "imageStoragePoolMap";
  return event;
}

/// The keys of a body; what changes from one to the next is checked for its type and left out.
json shape(const std::string& body) {
  json reply = json::parse(body);
  EXPECT_EQ(reply.at("id").get<std::string>().size(), 36U);
  EXPECT_GT(reply.at("time").get<std::int64_t>(), 1'500'000'000'000);
  reply.erase("id");
  reply.erase("time");
  return reply;
}

TEST(Reply, R15_R16_name_previous_ids_and_resource_are_echoed) {
  EXPECT_EQ(shape(encode_reply(call(), {{"imageStoragePoolMap", json::object()}})),
            json::parse(R"({"name":"reply.42","previousIds":["0d1f"],"resourceId":"1ispm12",
                            "resourceType":"imageStoragePoolMap","data":{"imageStoragePoolMap":{}}})"));
}

TEST(Reply, R16_R17_what_was_null_or_empty_is_left_out) {
  Event event = call();
  event.resource_id.reset();
  event.resource_type.reset();
  EXPECT_EQ(shape(encode_reply(event, json::object())),
            json::parse(R"({"name":"reply.42","previousIds":["0d1f"]})"));
}

TEST(Reply, R17_data_that_is_no_object_is_a_fault_of_the_caller) {
  EXPECT_THROW((void)encode_reply(call(), json::array()), std::invalid_argument);
  EXPECT_THROW((void)encode_reply(call(), nullptr), std::invalid_argument);
}

TEST(Reply, R15_each_has_an_id_of_its_own) {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.insert(json::parse(encode_reply(call(), json::object())).at("id"));
  EXPECT_EQ(ids.size(), 100U);
}

TEST(Reply, R20_R21_error_carries_its_text_in_both_keys) {
  EXPECT_EQ(shape(encode_error(call(), "no such image")),
            json::parse(R"({"name":"reply.42","previousIds":["0d1f"],"resourceId":"1ispm12",
                            "resourceType":"imageStoragePoolMap","transitioning":"error",
                            "transitioningMessage":"no such image","transitioningInternalMessage":"no such image"})"));
}

TEST(Reply, R20_error_text_is_never_empty_and_never_a_java_class) {
  const auto text = [](std::string_view message) -> std::string {
    return json::parse(encode_error(call(), message)).at("transitioningMessage");
  };
  EXPECT_FALSE(text("").empty());
  EXPECT_FALSE(text(" \n\t").empty());
  EXPECT_EQ(text("class:java.lang.Exception"), "error: class:java.lang.Exception");
  EXPECT_EQ(text("  class:x\n"), "error: class:x");
  EXPECT_EQ(text("\n cause \r\n"), "cause");
}

TEST(Reply, R24_progress_is_text_and_bounded_percent) {
  const json with = shape(encode_progress(call(), "Pulling", 140));
  EXPECT_EQ(with.at("transitioning"), "yes");
  EXPECT_EQ(with.at("transitioningMessage"), "Pulling");
  EXPECT_EQ(with.at("transitioningProgress"), 100);
  EXPECT_FALSE(with.contains("transitioningInternalMessage"));
  EXPECT_EQ(shape(encode_progress(call(), "x", -3)).at("transitioningProgress"), 0);
  EXPECT_FALSE(shape(encode_progress(call(), "x", std::nullopt)).contains("transitioningProgress"));
}

TEST(Reply, bytes_that_are_not_utf8_never_stop_a_reply) {
  const std::string broken = "a\xff\xc3(\xed\xa0\x80z";
  for (const std::string& body : {encode_reply(call(), {{"k", broken}}), encode_error(call(), broken),
                                  encode_progress(call(), broken, 1)}) {
    EXPECT_TRUE(json::accept(body));
    EXPECT_NE(body.find('z'), std::string::npos);
  }
}

}  // namespace
}  // namespace cattle::subscriber
