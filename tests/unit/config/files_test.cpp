// SPDX-License-Identifier: Apache-2.0
#include "config/option_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cattle::config {
namespace {

using Values = std::map<std::string, std::string>;

struct Parsed {
  Values values;
  std::vector<std::string> warnings;
};

Parsed parsed(std::string_view text) {
  Parsed result;
  parse_option_file(text, "agent.conf", result.values, result.warnings);
  return result;
}

TEST(OptionFile, plain_exported_and_quoted_assignments_are_understood) {
  const auto result = parsed(
      "# a comment\n\n  A=1  \nexport B=two # said twice\nC='three words'\nD=\"four 'q'\"\nE=\r\nexport A\n");
  EXPECT_EQ(result.values,
            (Values{{"A", "1"}, {"B", "two"}, {"C", "three words"}, {"D", "four 'q'"}, {"E", ""}}));
  EXPECT_THAT(result.warnings, testing::IsEmpty());
}

TEST(OptionFile, S33_nothing_is_evaluated) {
  const auto result =
      parsed("A=$(touch /tmp/x)\nB=\"`id`\"\nC='$literal'\nD=\"$HOME\"\nE=x; rm -rf /\n. /etc/other\n");
  EXPECT_EQ(result.values, (Values{{"C", "$literal"}}));
  EXPECT_THAT(result.warnings, testing::SizeIs(5));
}

TEST(OptionFile, P27_a_value_of_several_parts_is_one_word) {
  const auto result = parsed("A='it'\\''s'\nB=a\\ b\"c\\\"d\"\nC='open\nD=x(y)\nE='a'#b\n");
  EXPECT_EQ(result.values, (Values{{"A", "it's"}, {"B", "a bc\"d"}, {"E", "a#b"}}));
  EXPECT_THAT(result.warnings, testing::SizeIs(2));
}

TEST(OptionFile, a_warning_names_the_line_and_never_the_value) {
  const auto result = parsed("OK=1\nCATTLE_SECRET_KEY='s3cret\n");
  ASSERT_THAT(result.warnings, testing::SizeIs(1));
  EXPECT_THAT(result.warnings.front(), testing::HasSubstr("agent.conf line 2"));
  EXPECT_THAT(result.warnings.front(), testing::Not(testing::HasSubstr("s3cret")));
}

TEST(OptionFile, files_that_do_not_exist_are_no_matter) {
  std::vector<std::string> warnings;
  EXPECT_TRUE(read_option_files({"/nonexistent/agent.conf"}, warnings).empty());
  EXPECT_THAT(warnings, testing::IsEmpty());
}

}  // namespace
}  // namespace cattle::config
