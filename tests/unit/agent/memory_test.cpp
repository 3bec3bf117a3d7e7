// SPDX-License-Identifier: Apache-2.0
#include "agent/memory.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace cattle::agent {
namespace {

using namespace std::chrono_literals;

struct MemoryReturnTest : testing::Test {
  MemoryReturn::Ways ways(std::chrono::milliseconds keep) {
    return {[this] { ++heap; }, [this] { ++code; }, keep};
  }
  int heap = 0;
  int code = 0;
};

TEST_F(MemoryReturnTest, a_burst_gives_back_its_heap_at_once_and_keeps_the_code_that_it_needed) {
  MemoryReturn memory(ways(1h));
  memory.rested(1'000);
  EXPECT_EQ(heap, 1);
  memory.tick();
  EXPECT_EQ(heap, 2);
  EXPECT_EQ(code, 0) << "another burst would only map it again";
}

TEST_F(MemoryReturnTest, the_code_goes_when_no_burst_has_been_for_long_enough) {
  MemoryReturn memory(ways(20ms));
  memory.rested(1'000);
  std::this_thread::sleep_for(20ms);
  memory.tick();
  EXPECT_EQ(code, 1);
}

TEST_F(MemoryReturnTest, the_servers_pings_are_no_burst) {
  MemoryReturn memory(ways(1h));
  for (int i = 0; i < 100; ++i) memory.rested(1);
  memory.tick();
  EXPECT_EQ(heap, 101);
  EXPECT_EQ(code, 1);
}

}  // namespace
}  // namespace cattle::agent
