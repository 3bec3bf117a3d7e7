// SPDX-License-Identifier: Apache-2.0
#include "cattle/subscriber/connection.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace cattle::subscriber {
namespace {

TEST(NoProxy, entries_of_every_form) {
  struct Case {
    const char* list;
    const char* host;
    const char* port;
    bool bypasses;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"", "a.test", "80", false},
           {"*", "a.test", "80", true},
           {"a.test", "a.test", "80", true},
           {"A.Test", "a.tEST", "80", true},
           {"test", "a.test", "80", true},
           {"est", "a.test", "80", false},
           {".test", "a.test", "80", true},
           {".test", "test", "80", false},
           {"*.test", "b.a.test", "80", true},
           {"*.test", "test", "80", false},
           {"x.test, ,\ta.test", "a.test", "80", true},
           {"a.test:8080", "a.test", "8080", true},
           {"a.test:8080", "a.test", "80", false},
           {"10.0.0.0/8", "10.20.30.40", "80", true},
           {"10.0.0.0/8", "11.0.0.1", "80", false},
           {"10.1.2.0/23", "10.1.3.255", "80", true},
           {"10.1.2.0/23", "10.1.4.0", "80", false},
           {"10.0.0.0/8", "ten.test", "80", false},
           {"10.0.0.0/33", "10.0.0.1", "80", false},
           {"10.0.0.0/x", "10.0.0.1", "80", false},
           {"0.0.0.0/0", "203.0.113.9", "80", true},
           {"127.0.0.1", "127.0.0.1", "80", true},
           {"0.0.1", "127.0.0.1", "80", false},
           {"127.0.0.1:80", "127.0.0.1", "443", false},
           {"fd00::/8", "[fd12::1]", "80", true},
           {"fd00::/8", "fe80::1", "80", false},
           {"::1", "[::1]", "80", true},
           {"[::1]:8080", "::1", "8080", true},
           {"[::1]:8080", "::1", "80", false},
           {"0:0::1", "::1", "80", true},
           {".", "a.test", "80", false},
           {":80", "a.test", "80", false},
           {"a.test/24", "a.test", "80", false},
       })
    EXPECT_EQ(bypasses_proxy(c.list, c.host, c.port), c.bypasses)
        << c.list << " for " << c.host << ':' << c.port;
}

TEST(Secret, prints_stars) {
  std::ostringstream out;
  out << Secret("hunter2");
  EXPECT_EQ(out.str(), "***");
  EXPECT_EQ(Secret("hunter2").reveal(), "hunter2");
}

}  // namespace
}  // namespace cattle::subscriber
