// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/port_address.hpp"
#include "handlers/host/port_check.hpp"
#include "handlers/host/port_owners.hpp"
#include "handlers/host/socket_tables.hpp"
#include "tests/support/handler_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace cattle::handlers {
namespace {

using nlohmann::json;

TEST(PortAddress, S13_wildcards_overlap_all_and_spellings_do_not_matter) {
  const auto overlap = [](const char* one, const char* other) {
    return PortAddress::parse(one).overlaps(PortAddress::parse(other)) &&
           PortAddress::parse(other).overlaps(PortAddress::parse(one));
  };
  for (const auto* wildcard : {"0.0.0.0", "::", "*", "", " ", "0:0:0:0:0:0:0:0", "[::]", "::ffff:0.0.0.0"}) {
    for (const auto* other : {"192.0.2.1", "fd00::5", "127.0.0.1", "::"})
      EXPECT_TRUE(overlap(wildcard, other)) << wildcard << other;
  }
  EXPECT_TRUE(overlap("[FD00::5]", "fd00:0::5"));
  EXPECT_TRUE(overlap("::ffff:192.0.2.1", "192.0.2.1"));
  EXPECT_TRUE(overlap("::FFFF:c000:201", "192.0.2.1"));
  EXPECT_FALSE(overlap("192.0.2.1", "192.0.2.2"));
  EXPECT_FALSE(overlap("fd00::5", "fd00::6"));
  EXPECT_FALSE(overlap("127.0.0.1", "::1"));
  EXPECT_EQ(PortAddress::parse("*").text(), "0.0.0.0");
  EXPECT_EQ(PortAddress::parse("0:0::0").text(), "::");
}

constexpr const char* kTcp =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1\n"
    "   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1\n"
    "   2: 0100007F:9999 0100007F:0016 01 00000000:00000000 00:00000000 00000000     0        0 3 1\n"
    "garbage\n";
constexpr const char* kTcp6 =
    "  sl  local_address                         remote_address                        st tx_queue rx_queue\n"
    "   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000\n"
    "   1: 0000000000000000FFFF00000100007F:0051 00000000000000000000000000000000:0000 0A 00000000:00000000\n"
    "   2: 000000FD000000000000000005000000:0052 00000000000000000000000000000000:0000 0A "
    "00000000:00000000\n";
constexpr const char* kUdp =
    "  sl  local_address rem_address   st\n"
    "  10: 00000000:0035 00000000:0000 07 0\n"
    "  11: 0100007F:0036 0100007F:0035 01 0\n";

TEST(SocketTables, S8_S9_only_sockets_that_hold_a_port_count) {
  const auto tcp = parse_socket_table(kTcp, PortProtocol::tcp);
  ASSERT_EQ(tcp.size(), 2U);
  EXPECT_EQ(tcp[0].address.text(), "127.0.0.1");
  EXPECT_EQ(tcp[0].port, 8080);
  EXPECT_EQ(tcp[1].address.text(), "0.0.0.0");
  EXPECT_EQ(tcp[1].port, 22);
  const auto udp = parse_socket_table(kUdp, PortProtocol::udp);
  ASSERT_EQ(udp.size(), 1U);
  EXPECT_EQ(udp[0].port, 53);
  const auto tcp6 = parse_socket_table(kTcp6, PortProtocol::tcp);
  ASSERT_EQ(tcp6.size(), 3U);
  EXPECT_EQ(tcp6[0].address.text(), "::");
  EXPECT_EQ(tcp6[1].address.text(), "127.0.0.1");
  EXPECT_EQ(tcp6[2].address.text(), "fd00::5");
}

TEST(SocketTables, S10_missing_tables_are_told_and_missing_ipv6_is_not) {
  const support::TempDir root;
  EXPECT_FALSE(read_socket_tables({root.path() + "/none", root.path()}).complete);
  root.write("v4/tcp", kTcp);
  root.write("v4/udp", kUdp);
  const auto v4 = read_socket_tables({root.path() + "/none", root.path() + "/v4"});
  EXPECT_TRUE(v4.complete);
  EXPECT_EQ(v4.sockets.size(), 3U);
  root.write("v4/if_inet6", "");
  const auto without = read_socket_tables({root.path() + "/v4"});
  EXPECT_FALSE(without.complete);
  EXPECT_EQ(without.sockets.size(), 3U);
}

TEST(PortBindings, are_read_from_inspect_with_ranges_and_without_random_ports) {
  const auto bindings =
      port_bindings({{"HostConfig",
                      {{"PortBindings",
                        {{"53/udp", {{{"HostIp", "127.0.0.1"}, {"HostPort", "53"}}}},
                         {"80/tcp", {{{"HostIp", ""}, {"HostPort", "8080-8090"}}, {{"HostPort", ""}}}},
                         {"81/sctp", {{{"HostPort", "81"}}}},
                         {"82/tcp", nullptr}}}}}});
  ASSERT_EQ(bindings.size(), 2U);
  EXPECT_EQ(bindings[0].address.text(), "127.0.0.1");
  EXPECT_EQ(bindings[0].protocol, PortProtocol::udp);
  EXPECT_EQ(bindings[1].address.text(), "0.0.0.0");
  EXPECT_EQ(bindings[1].first, 8080);
  EXPECT_EQ(bindings[1].last, 8090);
  EXPECT_TRUE(port_bindings({{"HostConfig", {{"PortBindings", nullptr}}}}).empty());
  EXPECT_TRUE(port_bindings(json::object()).empty());
}

TEST(PortBindings, S6_both_wildcards_of_a_published_port_are_one_binding) {
  docker::ContainerSummary entry;
  entry.ports = {
      {"0.0.0.0", 80, 8080, "tcp"}, {"::", 80, 8080, "tcp"}, {"", 443, 0, "tcp"}, {"::", 53, 53, "udp"}};
  const auto bindings = published_ports(entry);
  ASSERT_EQ(bindings.size(), 2U);
  EXPECT_EQ(bindings[0].address.text(), "0.0.0.0");
  EXPECT_EQ(bindings[1].address.text(), "::");
}

TEST(WantedPorts, S12_entries_that_are_none_are_skipped) {
  EXPECT_TRUE(decode_wanted_ports(nullptr).empty());
  EXPECT_TRUE(decode_wanted_ports({{"ports", "x"}}).empty());
  const auto ports =
      decode_wanted_ports({{"ports",
                            {nullptr,
                             5,
                             {{"publicPort", "80"}},
                             {{"publicPort", 0}},
                             {{"publicPort", 70000}},
                             {{"publicPort", 80}, {"protocol", "sctp"}},
                             {{"publicPort", 80}, {"protocol", 6}},
                             {{"publicPort", 80}, {"bindAddress", 5}},
                             {{"publicPort", 80}},
                             {{"publicPort", 53}, {"protocol", "UDP"}, {"bindAddress", "::"}}}}});
  ASSERT_EQ(ports.size(), 2U);
  EXPECT_EQ(ports[0].protocol, PortProtocol::tcp);
  EXPECT_EQ(ports[0].address.text(), "0.0.0.0");
  EXPECT_EQ(ports[1].protocol, PortProtocol::udp);
  EXPECT_EQ(ports[1].port, 53);
}

TEST(WantedPorts, tables_are_looked_for_where_the_host_shows_them) {
  HostOptions options;
  EXPECT_EQ(socket_table_directories(options),
            (std::vector<std::string>{"/host/proc/1/net", "/proc/1/net", "/proc/net"}));
  options.host_proc = "/hp";
  EXPECT_EQ(socket_table_directories(options), (std::vector<std::string>{"/hp/1/net", "/hp/net"}));
}

}  // namespace
}  // namespace cattle::handlers
