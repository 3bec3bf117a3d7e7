// SPDX-License-Identifier: Apache-2.0
#include "handlers/json_fields.hpp"

#include "handlers/errors.hpp"

#include <gtest/gtest.h>

namespace cattle::handlers {
namespace {

using nlohmann::json;

/// The text of the RequestError that `read` throws, or "" when it throws none.
template <typename Read>
std::string error_of(Read read) {
  try {
    read();
  } catch (const RequestError& error) {
    return error.what();
  }
  return {};
}

TEST(JsonFields, absent_and_null_are_the_default) {
  const json document = {{"null", nullptr}};
  const JsonFields fields(document, "data");
  for (const char* key : {"null", "absent"}) {
    EXPECT_FALSE(fields.has(key));
    EXPECT_EQ(fields.text(key), "");
    EXPECT_EQ(fields.integer(key), 0);
    EXPECT_FALSE(fields.flag(key));
    EXPECT_EQ(fields.optional_integer(key), std::nullopt);
    EXPECT_EQ(fields.optional_flag(key), std::nullopt);
    EXPECT_EQ(fields.texts(key), std::nullopt);
    EXPECT_EQ(fields.text_map(key), std::nullopt);
    EXPECT_TRUE(fields.objects(key).empty());
    EXPECT_TRUE(fields.object_map(key).empty());
    EXPECT_EQ(fields.object(key).object("deeper").text("still"), "");
  }
}

TEST(JsonFields, H10_scalars_become_text_in_maps_and_lists) {
  const json document = {{"map", {{"a", 5}, {"b", true}, {"c", nullptr}, {"d", 2.0}, {"e", 2.5}, {"f", "x"}}},
                         {"list", {1, "two", nullptr, false}}};
  const JsonFields fields(document, "data");
  const std::map<std::string, std::string> map = {{"a", "5"}, {"b", "true"}, {"c", ""},
                                                  {"d", "2"}, {"e", "2.5"},  {"f", "x"}};
  EXPECT_EQ(fields.text_map("map"), map);
  EXPECT_EQ(fields.texts("list"), (std::vector<std::string>{"1", "two", "", "false"}));
}

TEST(JsonFields, H10_numbers_come_as_digits_floats_or_integers) {
  const json document = {{"digits", "-12"}, {"float", 3.9},        {"big", 9007199254740993},
                         {"exponent", 1e9}, {"fraction", "400.9"}, {"power", "6e7"},
                         {"unit", "64m"},   {"endless", "inf"}};
  const JsonFields fields(document, "data");
  EXPECT_EQ(fields.integer("digits"), -12);
  EXPECT_EQ(fields.integer("float"), 3);
  EXPECT_EQ(fields.integer("big"), 9007199254740993);
  EXPECT_EQ(fields.integer("exponent"), 1'000'000'000);
  EXPECT_EQ(fields.integer("fraction"), 400);
  EXPECT_EQ(fields.integer("power"), 60'000'000);
  EXPECT_THROW(static_cast<void>(fields.integer("unit")), RequestError);
  EXPECT_THROW(static_cast<void>(fields.integer("endless")), RequestError);
}

TEST(JsonFields, a_wrong_type_names_the_path_and_what_belongs_there) {
  const json document =
      json::parse(R"({"text":5,"number":"12x","huge":1e300,"unsigned":18446744073709551615,"empty":"",
    "flag":"true","list":{},"item":["a",["b"]],"map":[],"entry":{"k":{}},"object":[],"objects":[{},3],"id":{}})");
  const JsonFields fields(document, "data.fields");
  EXPECT_EQ(error_of([&] { (void)fields.text("text"); }), "data.fields.text: expected a string");
  EXPECT_EQ(error_of([&] { (void)fields.integer("number"); }), "data.fields.number: expected a number");
  EXPECT_EQ(error_of([&] { (void)fields.integer("huge"); }), "data.fields.huge: expected a number");
  EXPECT_EQ(error_of([&] { (void)fields.integer("unsigned"); }), "data.fields.unsigned: expected a number");
  EXPECT_EQ(error_of([&] { (void)fields.integer("empty"); }), "data.fields.empty: expected a number");
  EXPECT_EQ(error_of([&] { (void)fields.flag("flag"); }), "data.fields.flag: expected true or false");
  EXPECT_EQ(error_of([&] { (void)fields.texts("list"); }), "data.fields.list: expected a list of strings");
  EXPECT_EQ(error_of([&] { (void)fields.texts("item"); }), "data.fields.item[1]: expected a string");
  EXPECT_EQ(error_of([&] { (void)fields.text_map("map"); }), "data.fields.map: expected a map of strings");
  EXPECT_EQ(error_of([&] { (void)fields.text_map("entry"); }), "data.fields.entry.k: expected a string");
  EXPECT_EQ(error_of([&] { (void)fields.object("object"); }), "data.fields.object: expected an object");
  EXPECT_EQ(error_of([&] { (void)fields.objects("objects"); }), "data.fields.objects[1]: expected an object");
  EXPECT_EQ(error_of([&] { (void)fields.scalar_text("id"); }),
            "data.fields.id: expected a string or a number");
}

TEST(JsonFields, H9_unknown_keys_may_have_any_type) {
  const json document = {{"unknown", {1, 2}}, {"known", "x"}};
  EXPECT_EQ(JsonFields(document, "data").text("known"), "x");
}

}  // namespace
}  // namespace cattle::handlers
