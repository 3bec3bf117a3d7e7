// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/address.hpp"

#include "agent/registration/failure.hpp"

#include <gtest/gtest.h>

namespace cattle::agent::registration {
namespace {

const std::vector<InterfaceAddress> kHost{{"lo", "127.0.0.1"},       {"docker0", "172.17.0.1"},
                                          {"eth0", "10.1.2.3"},      {"br-0123456789ab", "172.18.0.1"},
                                          {"br-lan", "192.168.7.1"}, {"eth1", "169.254.3.4"}};

AddressInputs inputs(const std::string& wish, const std::string& detected, const std::string& route) {
  return {parse_address_wish(wish), detected, route, kHost};
}

TEST(Address, P09_what_the_stock_image_refuses_is_refused) {
  for (const auto* text :
       {"127.0.0.2", "169.254.3.3", "0.0.0.0", "255.255.255.255", "256.1.1.1", "host.example", "1.2.3",
        "1.2.3.4.5", "010.1.1.1", "if:", "if:a/b", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/x"}) {
    try {
      (void)parse_address_wish(text);
      ADD_FAILURE() << text << " was taken";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.outcome(), Outcome::bad_address) << text;
      EXPECT_NE(std::string(failure.what()).find("Invalid CATTLE_AGENT_IP"), std::string::npos) << text;
    }
  }
}

TEST(Address, P09_the_forms_that_are_taken) {
  EXPECT_EQ(parse_address_wish("").kind, AddressWish::Kind::none);
  EXPECT_EQ(parse_address_wish("1.2.3.4").kind, AddressWish::Kind::address);
  EXPECT_EQ(parse_address_wish("if:eth0").text, "eth0");
  EXPECT_EQ(parse_address_wish("10.0.0.0/8").kind, AddressWish::Kind::network);
}

TEST(Address, a_wish_comes_first) {
  EXPECT_EQ(choose_address(inputs("9.9.9.9", "10.1.2.3", "10.1.2.3")).address, "9.9.9.9");
  EXPECT_EQ(choose_address(inputs("if:br-lan", "10.1.2.3", "")).address, "192.168.7.1");
  EXPECT_EQ(choose_address(inputs("192.168.0.0/16", "10.1.2.3", "")).address, "192.168.7.1");
  EXPECT_EQ(choose_address(inputs("0.0.0.0/0", "", "")).address, "10.1.2.3")
      << "never loopback or the engine's bridge";
}

TEST(Address, P09_a_wish_that_cannot_be_this_host_is_not_followed_and_said) {
  for (const auto* text : {"172.17.0.1", "172.18.0.1", "127.0.0.5", "169.254.3.3", "0.0.0.0"}) {
    auto asked = inputs("", "10.1.2.3", "192.168.7.1");
    asked.wish = {AddressWish::Kind::address, text};
    const auto choice = choose_address(asked);
    EXPECT_EQ(choice.address, "10.1.2.3") << text << ": the next in the order";
    EXPECT_NE(choice.warning.find(text), std::string::npos);
  }
  EXPECT_NE(objection_to(parse_address_wish("172.18.0.1"), kHost).find("br-0123456789ab"), std::string::npos);
  EXPECT_EQ(objection_to(parse_address_wish("172.18.0.1"), {{"veth1", "172.18.0.1"}, {"eth0", "172.18.0.1"}}),
            "");
  for (const auto* text : {"9.9.9.9", "192.168.7.1", "if:docker0"}) {
    EXPECT_EQ(objection_to(parse_address_wish(text), kHost), "") << text;
    EXPECT_EQ(choose_address(inputs(text, "10.1.2.3", "")).warning, "") << text;
  }
}

TEST(Address, a_wish_without_a_usable_address_says_so) {
  EXPECT_EQ(choose_address(inputs("if:docker0", "10.1.2.3", "10.1.2.3")).address, "");
  EXPECT_NE(choose_address(inputs("if:eth9", "", "")).reason.find("if:eth9"), std::string::npos);
}

TEST(Address, the_detected_address_counts_first_when_it_is_here) {
  EXPECT_EQ(choose_address(inputs("", "10.1.2.3", "192.168.7.1")).address, "10.1.2.3");
}

TEST(Address, else_the_route_then_the_detected_one) {
  EXPECT_EQ(choose_address(inputs("", "203.0.113.9", "192.168.7.1")).address, "192.168.7.1");
  EXPECT_EQ(choose_address(inputs("", "203.0.113.9", "172.18.0.1")).address, "203.0.113.9")
      << "not a container bridge";
  EXPECT_EQ(choose_address(inputs("", "127.0.0.1", "127.0.0.1")).address, "");
  EXPECT_EQ(choose_address(inputs("", "169.254.3.4", "")).address, "");
}

TEST(Address, what_containers_made_is_never_it) {
  for (const auto* name : {"docker0", "br-0123456789ab", "br-ABCDEF012345", "veth12ab", "cni0", "cni-podman1",
                           "flannel.1", "flannel0"})
    EXPECT_TRUE(is_unusable({name, "10.1.2.3"})) << name;
  for (const auto* address : {"127.0.0.1", "127.9.9.9", "169.254.1.1", "0.0.0.0", "", "fd00::1"})
    EXPECT_TRUE(is_unusable({"eth0", address})) << address;
  for (const auto* name : {"br0", "br-lan", "br-0123456789a", "br-0123456789abc", "br-0123456789xy",
                           "docker1", "eth0", "bond0.7", "lxcbr0"})
    EXPECT_FALSE(is_unusable({name, "10.1.2.3"})) << name << ": an operator's own";
}

TEST(Address, a_server_on_this_host_leaves_the_default_route) {
  auto local = inputs("", "127.0.0.1", "127.0.0.1");
  EXPECT_EQ(choose_address(local).address, "");
  local.default_source = "10.1.2.3";
  EXPECT_EQ(choose_address(local).address, "10.1.2.3");
  local.default_source = "172.18.0.1";
  EXPECT_EQ(choose_address(local).address, "") << "never a container bridge";
}

TEST(Address, a_container_bridge_that_the_server_sees_is_no_translation) {
  auto bridged = inputs("", "172.17.0.1", "172.17.0.1");
  EXPECT_EQ(choose_address(bridged).address, "");
  bridged.default_source = "10.1.2.3";
  EXPECT_EQ(choose_address(bridged).address, "10.1.2.3");
}

TEST(Address, P38_the_detected_address_may_be_missing) {
  EXPECT_EQ(choose_address(inputs("", "", "10.1.2.3")).address, "10.1.2.3");
}

TEST(Address, this_namespace_has_a_loopback) {
  bool found = false;
  for (const auto& entry : interface_addresses()) found = found || entry.address == "127.0.0.1";
  EXPECT_TRUE(found);
  EXPECT_EQ(route_source("127.0.0.1", "80"), "127.0.0.1");
}

}  // namespace
}  // namespace cattle::agent::registration
