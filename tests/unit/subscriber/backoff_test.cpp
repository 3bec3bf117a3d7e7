// SPDX-License-Identifier: Apache-2.0
#include "cattle/subscriber/backoff.hpp"

#include <gtest/gtest.h>

#include <set>

namespace cattle::subscriber {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, R8_doubles_from_first_to_most_and_stays_there) {
  for (std::uint32_t seed = 1; seed < 50; ++seed) {
    Backoff backoff(milliseconds(500), milliseconds(5000), seed);
    for (const int step : {500, 1000, 2000, 4000, 5000, 5000, 5000}) {
      const auto wait = backoff.next();
      EXPECT_GE(wait, milliseconds(step / 2));
      EXPECT_LE(wait, milliseconds(step));
    }
  }
}

TEST(Backoff, R8_reset_begins_again) {
  Backoff backoff(milliseconds(100), milliseconds(800), 1);
  for (int i = 0; i < 5; ++i) (void)backoff.next();
  backoff.reset();
  EXPECT_LE(backoff.next(), milliseconds(100));
}

TEST(Backoff, hosts_do_not_come_back_in_step) {
  std::set<milliseconds::rep> waits;
  for (std::uint32_t seed = 1; seed <= 100; ++seed)
    waits.insert(Backoff(milliseconds(5000), milliseconds(5000), seed).next().count());
  EXPECT_GT(waits.size(), 50U);
}

TEST(Backoff, nonsense_bounds_are_mended) {
  Backoff backoff(milliseconds(0), milliseconds(-1), 1);
  EXPECT_EQ(backoff.next(), milliseconds(1));
  EXPECT_EQ(backoff.next(), milliseconds(1));
}

}  // namespace
}  // namespace cattle::subscriber
