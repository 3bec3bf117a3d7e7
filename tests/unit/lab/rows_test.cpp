// SPDX-License-Identifier: Apache-2.0
#include "lab/archive.hpp"
#include "lab/event_data.hpp"
#include "lab/faults.hpp"
#include "lab/settings.hpp"
#include "lab/store.hpp"
#include "lab/views.hpp"

#include <gtest/gtest.h>

namespace cattle::lab {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

TEST(Ids, a_seed_gives_the_same_run_again) {
  Ids first(7);
  Ids second(7);
  Ids other(8);
  const std::string uuid = first.uuid();
  EXPECT_EQ(uuid, second.uuid());
  EXPECT_NE(uuid, other.uuid());
  EXPECT_EQ(uuid.at(14), '4');
  EXPECT_EQ(first.reply_address(), second.reply_address());
  EXPECT_EQ(first.mac("02:aa:bb").size(), 17U);
}

TEST(Ids, api_ids_are_made_of_the_base_type) {
  EXPECT_EQ(api_id("agent", 5), "1a5");
  EXPECT_EQ(api_id("instanceHostMap", 3), "1ihm3");
  EXPECT_EQ(api_id("volumeStoragePoolMap", 251), "1vspm251");
  EXPECT_EQ(api_id("imageStoragePoolMap", 12), "1ispm12");
  EXPECT_EQ(api_id("container", 7), "1i7");
  EXPECT_EQ(api_id("stack", 10), "1st10");
  EXPECT_EQ(api_id("environment", 7), "1e7");
}

TEST(Ids, only_api_ids_have_a_number) {
  EXPECT_EQ(plain_id("1ihm3"), 3);
  EXPECT_EQ(plain_id("12"), std::nullopt);
  EXPECT_EQ(plain_id(""), std::nullopt);
  EXPECT_EQ(plain_id("1i"), std::nullopt);
  EXPECT_EQ(plain_id("1i7x"), std::nullopt);
  EXPECT_EQ(plain_id("instance"), std::nullopt);
}

TEST(Settings, carry_the_servers_defaults_and_names) {
  const json all = to_json(Settings{});
  EXPECT_EQ(all.at("eventing.timeout.millis"), 45'000);
  EXPECT_EQ(all.at("agent.ping.timeout.seconds"), 15.0);
  EXPECT_EQ(all.at("instance.compute.tries"), 5);
  EXPECT_EQ(all.at("api.security.enabled"), false);
}

TEST(Settings, are_set_by_name_in_the_unit_of_the_name) {
  Settings settings;
  set(settings, "agent.ping.timeout.seconds", 1.5);
  EXPECT_EQ(settings.ping_timeout, 1'500ms);
  set(settings, "api.security.enabled", true);
  EXPECT_TRUE(settings.security);
  EXPECT_THROW(set(settings, "no.such", 1), UnknownSetting);
  EXPECT_THROW(set(settings, "api.security.enabled", 1), std::invalid_argument);
  EXPECT_THROW(set(settings, "eventing.timeout.millis", "soon"), std::invalid_argument);
  EXPECT_THROW(set(settings, "eventing.timeout.millis", -1), std::invalid_argument);
}

TEST(Settings, run_as_much_faster_as_a_test_wants) {
  const Settings fast = faster(Settings{}, 50);
  EXPECT_EQ(fast.event_timeout, 900ms);
  EXPECT_EQ(fast.ping_schedule, 100ms);
  EXPECT_EQ(fast.register_delay, 0ms);
  EXPECT_EQ(fast.ping_failures, 6);
}

TEST(Store, a_row_has_every_column_of_its_type) {
  Ids ids(1);
  Store store(ids);
  const Row& row = store.add("instance", {{"name", "x"}});
  for (const char* column :
       {"id", "uuid", "accountId", "externalId", "networkContainerId", "removed", "data", "zoneId"}) {
    EXPECT_TRUE(row.contains(column)) << column;
  }
  EXPECT_FALSE(store.add("instanceHostMap", json::object()).contains("accountId"));
  EXPECT_THROW(static_cast<void>(store.at("instance", 99)), std::out_of_range);
}

TEST(Store, tells_what_changes_and_nothing_else) {
  Ids ids(1);
  Store store(ids);
  int told = 0;
  store.on_change = [&told](const Row&) { ++told; };
  Row& row = store.add("volume", {{"state", "active"}});
  store.set_state(row, "active");
  EXPECT_EQ(told, 0);
  store.set_state(row, "inactive");
  store.set_removed(row);
  EXPECT_EQ(told, 2);
  EXPECT_TRUE(removed(row));
  EXPECT_GT(row.at("removeTime").get<std::int64_t>(), row.at("removed").get<std::int64_t>());
}

TEST(EventData, R53_child_lists_hold_removed_rows_too) {
  Ids ids(1);
  Store store(ids);
  const json account = store.add("account", {{"kind", "project"}}).at("id");
  const json image = store.add("image", json::object()).at("id");
  const json host = store.add("host", {{"accountId", account}}).at("id");
  const json instance =
      store.add("instance", {{"imageId", image}, {"accountId", account}, {"_own", 1}}).at("id");
  store.set_removed(store.add("port", {{"instanceId", instance}, {"privatePort", 80}}));
  const Row& map = store.add("instanceHostMap", {{"instanceId", instance}, {"hostId", host}});
  const json data = EventData(store, Flavour::cattle).instance_map(map);
  const json& seen = data.at("instanceHostMap").at("instance");
  ASSERT_EQ(seen.at("ports").size(), 1U);
  EXPECT_FALSE(seen.at("ports")[0].at("removed").is_null());
  EXPECT_FALSE(seen.contains("_own"));
  EXPECT_TRUE(seen.at("networkContainer").is_null());
  EXPECT_FALSE(seen.contains("sqltypeName"));
  const json fork = EventData(store, Flavour::pasturestack).instance_map(map);
  EXPECT_EQ(fork.at("instanceHostMap").at("sqltypeName"), "cattle.instance_host_map");
}

TEST(View, E20_a_stack_is_an_environment_over_v1) {
  Ids ids(1);
  Store store(ids);
  const Row& stack = store.add("stack", {{"name", "s"}, {"accountId", 5}, {"state", "active"}});
  const json two = view(store, stack, "v2-beta", "http://x/v2-beta");
  const json one = view(store, stack, "v1", "http://x/v1");
  EXPECT_EQ(two.at("type"), "stack");
  EXPECT_EQ(two.at("id"), "1st1");
  EXPECT_EQ(one.at("type"), "environment");
  EXPECT_EQ(one.at("id"), "1e1");
  EXPECT_EQ(one.at("links").at("self"), "http://x/v1/projects/1a5/environments/1e1");
  EXPECT_EQ(one.at("transitioning"), "no");
}

TEST(View, shows_no_secret) {
  Ids ids(1);
  Store store(ids);
  const Row& row = store.add("credential", {{"publicValue", "u"}, {"secretValue", "hidden-word"}});
  EXPECT_EQ(view(store, row, "v1", "http://x/v1").dump().find("hidden-word"), std::string::npos);
}

TEST(Faults, strike_as_often_as_they_were_asked_to) {
  Faults faults;
  faults.add({"drop", "ping", 500, 0ms, 2});
  EXPECT_FALSE(faults.take("drop", "config.update"));
  EXPECT_TRUE(faults.take("drop", "ping"));
  EXPECT_TRUE(faults.take("drop", "ping"));
  EXPECT_FALSE(faults.take("drop", "ping"));
  faults.add({"refuse", "*", 503, 0ms, 1});
  EXPECT_EQ(faults.take("refuse", "publish")->status, 503);
}

TEST(Faults, bad_ones_are_refused_with_their_path) {
  EXPECT_THROW(static_cast<void>(fault_from(json::array())), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(fault_from({{"kind", "explode"}})), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(fault_from({{"kind", 3}})), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(fault_from({{"kind", "drop"}, {"count", -1}})), std::invalid_argument);
  EXPECT_EQ(fault_from({{"kind", "slow"}, {"target", "publish"}, {"millis", 5}}).millis, 5ms);
}

TEST(Archive, digests_are_those_of_the_standards) {
  EXPECT_EQ(hex_digest("abc", Digest::sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex_digest("abc", Digest::sha256),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace cattle::lab
