// SPDX-License-Identifier: Apache-2.0
#include "docker-client/negotiation.hpp"

#include "docker-client/error.hpp"
#include "docker-client/types/engine.hpp"

#include <gtest/gtest.h>

#include <string>

namespace cattle::docker {
namespace {

struct Case {
  const char* engine_newest;
  const char* engine_oldest;
  const char* used;  ///< nullptr: refused.
};

class Negotiation : public ::testing::TestWithParam<Case> {};

TEST_P(Negotiation, S50_P8_takes_the_oldest_that_both_sides_accept) {
  const Case& one = GetParam();
  if (one.used != nullptr) {
    EXPECT_EQ(negotiate(one.engine_newest, one.engine_oldest), one.used);
    return;
  }
  EXPECT_THROW(static_cast<void>(negotiate(one.engine_newest, one.engine_oldest)), Error);
}

INSTANTIATE_TEST_SUITE_P(
    Engines, Negotiation,
    ::testing::Values(Case{"1.24", "", "1.24"},      // 1.12
                      Case{"1.41", "1.12", "1.24"},  // 20.10
                      Case{"1.43", "1.12", "1.24"},  // 24.0
                      Case{"1.44", "1.24", "1.24"},  // 25
                      Case{"1.52", "1.44", "1.44"},  // 29
                      Case{"1.60", "1.44", "1.44"},  // newer than we know, but it still speaks what we do
                      Case{"1.60", "1.52", "1.52"}, Case{"1.60", "1.53", nullptr},
                      Case{"1.23", "1.12", nullptr}, Case{"1.22", "", nullptr}, Case{"", "", nullptr}));

TEST(NegotiationError, names_both_ranges) {
  try {
    static_cast<void>(negotiate("1.70", "1.60"));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.engine_message(), "the engine speaks API 1.60 to 1.70, this client 1.24 to 1.52");
  }
}

TEST(ApiAtLeast, compares_numbers_not_text) {
  EXPECT_TRUE(api_at_least("1.41", "1.9"));
  EXPECT_TRUE(api_at_least("1.24", "1.24"));
  EXPECT_TRUE(api_at_least("2.0", "1.99"));
  EXPECT_FALSE(api_at_least("1.9", "1.24"));
  EXPECT_FALSE(api_at_least("", "1.24"));
  EXPECT_FALSE(api_at_least("nonsense", "1.24"));
}

}  // namespace
}  // namespace cattle::docker
