// SPDX-License-Identifier: Apache-2.0
#include "handlers/errors.hpp"
#include "handlers/model/image.hpp"
#include "handlers/model/instance.hpp"
#include "handlers/model/process_data.hpp"
#include "handlers/model/volume.hpp"
#include "tests/unit/handlers/spec_fixture.hpp"

#include <gtest/gtest.h>

namespace cattle::handlers {
namespace {

using nlohmann::json;
using testing::event_data;

TEST(ProcessData, H18_only_the_boolean_true_is_a_no_op) {
  EXPECT_TRUE(decode_process_data({{"processData", {{"containerNoOpEvent", true}}}}).no_op);
  for (const json& value : {json(false), json("true"), json(1), json(nullptr), json::array({true})}) {
    EXPECT_FALSE(decode_process_data({{"processData", {{"containerNoOpEvent", value}}}}).no_op) << value;
  }
  EXPECT_FALSE(decode_process_data(json()).no_op);
  EXPECT_FALSE(decode_process_data({{"processData", "nothing"}}).no_op);
}

TEST(ProcessData, H73_stop_timeout_is_seconds_and_ten_by_default) {
  const auto seconds = [](const json& value) {
    return decode_process_data({{"processData", {{"timeout", value}}}}).stop_timeout.count();
  };
  EXPECT_EQ(seconds(1), 1);
  EXPECT_EQ(seconds("25"), 25);
  EXPECT_EQ(seconds(0), 0);
  for (const json& value : {json(-1), json("soon"), json(nullptr), json::object(), json(1e18)})
    EXPECT_EQ(seconds(value), 10);
  EXPECT_EQ(decode_process_data({{"x", 1}}).stop_timeout.count(), 10);
}

TEST(InstanceHostMap, R53_removed_children_are_left_out_and_the_removed_instance_is_not) {
  const json columns = {
      {"removed", 1795356951162},
      {"state", "removed"},
      {"ports", {{{"privatePort", 80}, {"removed", 5}}, {{"privatePort", 81}, {"removed", nullptr}}}},
      {"nics",
       {{{"deviceNumber", 0}, {"removed", 5}, {"network", {{"kind", "cni"}}}}, {{"deviceNumber", 1}}}},
      {"instanceLinks", {{{"linkName", "gone"}, {"removed", 5}}, {{"linkName", "here"}}}}};
  const Instance instance = decode_instance_host_map(event_data({}, columns)).instance;
  EXPECT_EQ(instance.reference.uuid, testing::kUuid);
  ASSERT_EQ(instance.ports.size(), 1U);
  EXPECT_EQ(instance.ports[0].private_port, 81);
  ASSERT_EQ(instance.nics.size(), 1U);
  EXPECT_EQ(instance.nics[0].device_number, 1);
  ASSERT_EQ(instance.links.size(), 1U);
  EXPECT_EQ(instance.links[0].link_name, "here");
}

TEST(InstanceHostMap, R53_a_child_is_removed_by_its_state_too) {
  for (const char* state : {"removed", "purged"}) {
    const json columns = {
        {"ports", {{{"privatePort", 80}, {"state", state}, {"removed", nullptr}}}},
        {"nics", {{{"deviceNumber", 0}, {"state", state}}, {{"deviceNumber", 1}, {"state", "active"}}}},
        {"instanceLinks", {{{"linkName", "gone"}, {"state", state}}}}};
    const Instance instance = decode_instance_host_map(event_data({}, columns)).instance;
    EXPECT_TRUE(instance.ports.empty());
    ASSERT_EQ(instance.nics.size(), 1U);
    EXPECT_EQ(instance.nics[0].device_number, 1);
    EXPECT_TRUE(instance.links.empty());
  }
}

TEST(InstanceHostMap, H9_what_is_not_used_may_have_any_type) {
  auto data = event_data({}, {{"nativeContainer", "perhaps"}});
  data["instanceHostMap"]["host"] = "none";
  EXPECT_EQ(decode_instance_host_map_reference(data).uuid, testing::kUuid);
  data["instanceHostMap"]["instance"]["nativeContainer"] = nullptr;
  EXPECT_EQ(decode_instance_host_map(data).instance.reference.uuid, testing::kUuid);
}

TEST(InstanceHostMap, who_the_instance_is_never_depends_on_its_settings) {
  const json data =
      event_data({{"memory", "much"}}, {{"ports", "none"}, {"nics", 5}, {"image", 1}, {"externalId", "abc"}});
  const InstanceReference reference = decode_instance_host_map_reference(data);
  EXPECT_EQ(reference.uuid, testing::kUuid);
  EXPECT_EQ(reference.external_id, "abc");
  EXPECT_EQ(reference.id, "7");
  EXPECT_THROW((void)decode_instance_host_map(data), RequestError);
}

TEST(InstanceHostMap, ids_come_as_numbers_or_strings) {
  const Instance instance =
      decode_instance_host_map(event_data({}, {{"id", "1i7"}, {"agentId", "91"}})).instance;
  EXPECT_EQ(instance.reference.id, "1i7");
  EXPECT_EQ(instance.agent_id, 91);
  EXPECT_EQ(decode_instance_host_map(event_data({}, {{"agentId", 0}})).instance.agent_id, std::nullopt);
}

TEST(InstanceHostMap, a_missing_or_malformed_part_is_named) {
  const auto text_of = [](const json& data) -> std::string {
    try {
      (void)decode_instance_host_map(data);
    } catch (const RequestError& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_EQ(text_of(json()), "data.instanceHostMap: expected an object");
  EXPECT_EQ(text_of(json::array()), "data: expected an object");
  EXPECT_EQ(text_of({{"instanceHostMap", {{"instance", nullptr}}}}),
            "data.instanceHostMap.instance: expected an object");
  EXPECT_EQ(text_of({{"instanceHostMap", {{"instance", {{"uuid", 5}}}}}}),
            "data.instanceHostMap.instance.uuid: expected a string");
  EXPECT_EQ(text_of(event_data({}, {{"ports", {{{"privatePort", "web"}}}}})),
            "data.instanceHostMap.instance.ports[0].privatePort: expected a number");
}

TEST(Image, a_credential_knows_its_registry) {
  const json data = {{"imageStoragePoolMap",
                      {{"storagePool", {{"kind", "docker"}}},
                       {"image",
                        {{"name", "docker:quay.io/a/b:1"},
                         {"data", {{"dockerImage", {{"fullName", "a/b:1"}, {"server", "quay.io"}}}}},
                         {"registryCredential",
                          {{"publicValue", "me"},
                           {"secretValue", "secret"},
                           {"data", {{"fields", {{"email", "me@example.org"}, {"serverAddress", "wrong"}}}}},
                           {"registry", {{"data", {{"fields", {{"serverAddress", "quay.io"}}}}}}}}}}}}}};
  const ImageStoragePoolMap map = decode_image_storage_pool_map(data);
  EXPECT_EQ(map.image_name, "quay.io/a/b:1");
  ASSERT_TRUE(map.image.credential);
  const auto auth = registry_auth(*map.image.credential);
  ASSERT_TRUE(auth);
  EXPECT_EQ(auth->username, "me");
  EXPECT_EQ(auth->password, "secret");
  EXPECT_EQ(auth->email, "me@example.org");
  EXPECT_EQ(auth->server_address, "quay.io");
}

TEST(Image, H70_a_credential_counts_only_with_user_and_password) {
  EXPECT_FALSE(registry_auth({"me", "", "", "quay.io"}));
  EXPECT_FALSE(registry_auth({"", "secret", "", "quay.io"}));
  EXPECT_EQ(registry_auth({"me", "secret", "", "https://docker.io"})->server_address,
            "https://index.docker.io");
}

TEST(Image, no_op_is_the_rows_own) {
  const json row = {{"name", "x"}, {"processData", {{"containerNoOpEvent", true}}}};
  EXPECT_TRUE(decode_image_storage_pool_map({{"imageStoragePoolMap", {{"image", row}}}}).no_op);
  EXPECT_FALSE(decode_image_storage_pool_map({{"imageStoragePoolMap", {{"image", {{"name", "x"}}}}}}).no_op);
}

TEST(Image, names_that_an_instance_does_not_use_are_not_read) {
  const json image = {{"name", 5}, {"data", {{"dockerImage", {{"fullName", 5}}}}}};
  const json columns = {{"image", image},
                        {"data", {{"fields", {{"imageUuid", "docker:x"}}}, {"ipsec", "of an agent only"}}}};
  EXPECT_EQ(decode_instance_host_map(event_data({}, columns)).instance.image_name(), "x");
}

TEST(Image, build_is_read) {
  const json image = {
      {"name", "x"},
      {"data",
       {{"fields", {{"build", {{"remote", "https://h/r.git"}, {"nocache", true}, {"tag", "x:1"}}}}}}}};
  const Image decoded = decode_image(JsonFields(image, "image"));
  ASSERT_TRUE(decoded.build);
  EXPECT_EQ(decoded.build->remote, "https://h/r.git");
  EXPECT_EQ(decoded.build->tag, "x:1");
  EXPECT_TRUE(decoded.build->no_cache);
  EXPECT_TRUE(decoded.build->remove);
  const json plain = {{"data", {{"fields", {{"build", {{"tag", "x"}}}}}}}};
  EXPECT_FALSE(decode_image(JsonFields(plain, "image")).build);
}

TEST(Volume, device_number_null_is_not_the_root_volume) {
  const auto decode = [](const json& volume) {
    return decode_volume_storage_pool_map({{"volumeStoragePoolMap", {{"volume", volume}}}}).volume;
  };
  EXPECT_TRUE(decode({{"deviceNumber", 0}}).is_root());
  EXPECT_FALSE(decode({{"deviceNumber", nullptr}}).is_root());
  EXPECT_FALSE(decode({{"name", "x"}}).is_root());
  EXPECT_FALSE(decode({{"deviceNumber", -1}}).is_root());
}

TEST(Volume, options_are_text_and_the_instance_is_known_though_removed) {
  const json data = {
      {"volumeStoragePoolMap",
       {{"storagePool", {{"kind", "docker"}, {"driverName", "rancher-nfs"}, {"id", 6}}},
        {"volume",
         {{"name", "v"},
          {"removed", 5},
          {"data",
           {{"fields",
             {{"driver", "local"}, {"driverOpts", {{"size", 5}, {"none", nullptr}}}, {"isHostPath", true}}}}},
          {"instance", {{"uuid", testing::kUuid}, {"removed", 5}, {"externalId", nullptr}}}}}}}};
  const VolumeStoragePoolMap map = decode_volume_storage_pool_map(data);
  EXPECT_EQ(map.volume.driver, "local");
  EXPECT_EQ(map.volume.driver_options, (std::map<std::string, std::string>{{"size", "5"}, {"none", ""}}));
  EXPECT_TRUE(map.volume.is_host_path);
  ASSERT_TRUE(map.volume.instance);
  EXPECT_EQ(map.volume.instance->uuid, testing::kUuid);
  EXPECT_EQ(map.storage_pool.driver_name, "rancher-nfs");
  EXPECT_EQ(map.storage_pool.id, "6");
}

}  // namespace
}  // namespace cattle::handlers
