// SPDX-License-Identifier: Apache-2.0
// A machine and its copies: the table of verdicts is in the unit tests, here is what comes of them.
#include "agent/commands/identity.hpp"

#include "agent/registration/failure.hpp"
#include "docker-client/http/client.hpp"
#include "handlers/host/cloud_instance.hpp"
#include "tests/support/fake_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace cattle::agent::commands {
namespace {

using testing::IsEmpty;

class Identity : public testing::Test {
 public:
  Identity() {
    std::string pattern = (std::filesystem::temp_directory_path() / "idn-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    state_ = (directory_ / "state").string();
    roots_ = {(directory_ / "root").string(), (directory_ / "sys").string(), (directory_ / "proc").string()};
    write("state/.registration_token", std::string(128, 'a') + "\n");
    write("state/.docker_uuid", "uuid-1");
    write("state/credentials.conf",
          "CATTLE_URL='http://s/v1'\nCATTLE_ACCESS_KEY='OLD'\nCATTLE_SECRET_KEY='x'\n");
    write("state/registration_url", "http://s/v1/scripts/token\n");
    machine("m1", "p1", true);
  }
  ~Identity() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  void write(const std::string& name, const std::string& text) const {
    const auto path = directory_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  /// This machine as it is from now on.
  void machine(const std::string& id, const std::string& product, bool is_virtual) const {
    write("root/etc/machine-id", id + "\n");
    write("sys/class/dmi/id/product_uuid", product + "\n");
    write("proc/cpuinfo", is_virtual ? "flags : fpu hypervisor sse\n" : "flags : fpu sse\n");
  }
  [[nodiscard]] OwnIdentity own() const {
    const auto variables = variables_;
    return own_identity(
        [variables](const std::string& name) -> std::optional<std::string> {
          const auto found = variables.find(name);
          return found == variables.end() ? std::nullopt : std::optional(found->second);
        },
        state_, roots_);
  }
  [[nodiscard]] bool is_copied(const std::string& cloud_id) const {
    return is_copied_instance([](const std::string&) { return std::nullopt; }, state_, cloud_id, roots_);
  }
  [[nodiscard]] bool exists(const std::string& name) const {
    return std::filesystem::exists(directory_ / "state" / name);
  }

  std::filesystem::path directory_;
  std::string state_;
  registration::MachineRoots roots_;
  std::map<std::string, std::string> variables_;
};

TEST_F(Identity, P49_a_stock_hosts_state_is_adopted_and_its_machine_recorded) {
  EXPECT_FALSE(own().is_missing);
  EXPECT_TRUE(exists("machine.json"));
  EXPECT_TRUE(exists(".docker_uuid"));
  EXPECT_FALSE(own().is_missing) << "and again";
}

TEST_F(Identity, harmless_changes_do_not_add_up) {
  (void)own();
  machine("m2", "p1", true);  // installed anew
  EXPECT_FALSE(own().is_missing);
  machine("m2", "p1", false);
  EXPECT_FALSE(own().is_missing);
  machine("m2", "p2", false);  // a new main board
  EXPECT_FALSE(own().is_missing);
  machine("", "", false);  // not readable today
  EXPECT_FALSE(own().is_missing);
  machine("m2", "p2", true);
  EXPECT_FALSE(own().is_missing);
  EXPECT_TRUE(exists(".docker_uuid"));
}

TEST_F(Identity, a_clone_never_uses_the_keys_it_came_with) {
  (void)own();
  machine("m1", "p2", true);
  const auto clone = own();
  EXPECT_TRUE(clone.is_missing);
  EXPECT_EQ(clone.registration_url, "http://s/v1/scripts/token");
  for (const auto* name : {".registration_token", ".docker_uuid", "credentials.conf"}) {
    EXPECT_FALSE(exists(name)) << name;
    EXPECT_TRUE(exists(std::string("clone-of/") + name)) << name;
  }
  EXPECT_TRUE(own().is_missing) << "after a restart, too";
  write("state/credentials.conf",
        "CATTLE_URL='http://s/v1'\nCATTLE_ACCESS_KEY='NEW'\nCATTLE_SECRET_KEY='y'\n");
  EXPECT_FALSE(own().is_missing) << "registered anew";
}

TEST_F(Identity, a_copied_containers_environment_is_refused) {
  variables_ = {{"CATTLE_ACCESS_KEY", "OLD"},
                {"CATTLE_SECRET_KEY", "x"},
                {"CATTLE_DOCKER_UUID", "uuid-1"},
                {"CATTLE_URL", "http://s/v1"}};
  (void)own();
  machine("m9", "p9", false);
  const auto clone = own();
  EXPECT_TRUE(clone.is_missing);
  for (const auto* name : {"CATTLE_ACCESS_KEY", "CATTLE_SECRET_KEY", "CATTLE_DOCKER_UUID"})
    EXPECT_EQ(clone.environment(name), std::nullopt) << name;
  EXPECT_EQ(clone.environment("CATTLE_URL"), "http://s/v1");
  variables_["CATTLE_ACCESS_KEY"] = "NEW";  // The Add Host line made a new container.
  EXPECT_FALSE(own().is_missing);
}

TEST_F(Identity, S15_a_copied_key_is_refused_under_its_other_name_too) {
  variables_ = {{"PLATFORM_ACCESS_KEY", "OLD"}, {"PLATFORM_SECRET_KEY", "x"}};
  (void)own();
  machine("m9", "p9", false);
  const auto clone = own();
  EXPECT_TRUE(clone.is_missing);
  for (const auto* name : {"PLATFORM_ACCESS_KEY", "PLATFORM_SECRET_KEY"})
    EXPECT_EQ(clone.environment(name), std::nullopt) << name;
}

TEST_F(Identity, without_a_stored_url_a_clone_can_only_wait) {
  std::filesystem::remove(directory_ / "state/registration_url");
  (void)own();
  machine("m2", "p2", false);
  const auto clone = own();
  EXPECT_TRUE(clone.is_missing);
  EXPECT_EQ(clone.registration_url, "");
}

TEST_F(Identity, the_clouds_word_comes_later_and_counts_alone) {
  (void)own();
  EXPECT_FALSE(is_copied("i-1")) << "recorded now";
  EXPECT_FALSE(is_copied("i-1"));
  EXPECT_FALSE(own().is_missing) << "what the start does not know yet is not forgotten";
  EXPECT_TRUE(is_copied("i-2"));
  EXPECT_TRUE(own().is_missing);
  EXPECT_TRUE(exists("clone-of/credentials.conf"));
}

TEST_F(Identity, a_copy_whose_identity_cannot_be_set_aside_does_not_go_on_with_it) {
  (void)own();
  EXPECT_FALSE(is_copied("i-1"));
  write("state/clone-of", "in the way");
  EXPECT_TRUE(is_copied("i-2"));
  const auto nothing = [](const std::string&) { return std::nullopt; };
  EXPECT_ANY_THROW((void)own_identity(nothing, state_, roots_, "i-2"));
  EXPECT_ANY_THROW((void)own_identity(nothing, state_, roots_, "i-2")) << "as long as that lasts";
  EXPECT_TRUE(exists("credentials.conf"));
  std::filesystem::remove(directory_ / "state/clone-of");
  EXPECT_TRUE(own_identity(nothing, state_, roots_, "i-2").is_missing);
  EXPECT_FALSE(exists("credentials.conf"));
}

TEST_F(Identity, damaged_facts_are_reported_and_not_trusted) {
  write("state/machine.json", R"({"machineId":7})");
  EXPECT_THROW((void)own(), registration::Failure);
}

TEST_F(Identity, P49_facts_that_cannot_be_recorded_do_not_keep_the_agent_from_its_work) {
  // What the file is written to first: a directory there is a disk that takes nothing, for root, too.
  const auto beside = "state/machine.json.new." + std::to_string(::getpid());
  write(beside + "/in-the-way", "");
  EXPECT_FALSE(own().is_missing) << "a stock host's state, on a full disk";
  EXPECT_FALSE(exists("machine.json"));
  EXPECT_FALSE(is_copied("i-1"));
  std::filesystem::remove_all(directory_ / beside);
  EXPECT_FALSE(own().is_missing);
  EXPECT_TRUE(exists("machine.json"));
}

class CloudInstance : public Identity {
 protected:
  CloudInstance() {
    options_.sys = roots_.sys;
    options_.metadata_url = options_.aliyun_metadata_url = metadata_.url("");
  }
  [[nodiscard]] std::string id() const { return handlers::cloud_instance_id(options_, {}); }

  http::Library library_;
  support::FakeServer metadata_;
  handlers::CloudInstanceOptions options_;
};

TEST_F(CloudInstance, iron_asks_nobody) {
  write("sys/class/dmi/id/sys_vendor", "Dell Inc.\n");
  EXPECT_EQ(id(), "");
  EXPECT_THAT(metadata_.requests(), IsEmpty());
}

TEST_F(CloudInstance, each_cloud_in_its_own_words) {
  metadata_.answer("/latest/api/token", {200, "tok"});
  metadata_.answer("/latest/meta-data/instance-id", {200, "i-0abc\n"});
  metadata_.answer("/computeMetadata/v1/instance/id", {200, "4711"});
  metadata_.answer("/metadata/instance/compute/vmId", {200, "vm-1"});
  const std::vector<std::pair<std::string, std::string>> table{{"Amazon EC2", "i-0abc"},
                                                               {"Alibaba Cloud", "i-0abc"},
                                                               {"OpenStack Foundation", "i-0abc"},
                                                               {"Google", "4711"}};
  for (const auto& [vendor, expected] : table) {
    write("sys/class/dmi/id/sys_vendor", vendor + "\n");
    EXPECT_EQ(id(), expected) << vendor;
  }
  EXPECT_EQ(metadata_.requests("instance-id").at(0).header("x-aws-ec2-metadata-token"), "tok");
  EXPECT_EQ(metadata_.requests("/instance/id").at(0).header("metadata-flavor"), "Google");
}

TEST_F(CloudInstance, a_page_or_an_error_is_no_id) {
  write("sys/class/dmi/id/sys_vendor", "Hetzner\n");
  EXPECT_EQ(id(), "");
  metadata_.answer("/instance-id", {200, "<html>sign in</html>"});
  EXPECT_EQ(id(), "");
  metadata_.stop();
  EXPECT_EQ(id(), "");
}

}  // namespace
}  // namespace cattle::agent::commands
