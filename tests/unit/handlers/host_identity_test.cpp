// SPDX-License-Identifier: Apache-2.0
// By what the server knows a host: its key, address, labels and instances.
#include "handlers/host/host_address.hpp"
#include "handlers/host/host_key.hpp"
#include "handlers/host/host_labels.hpp"
#include "handlers/host/instance_list.hpp"
#include "handlers/host/text_file.hpp"
#include "handlers/host/version_numbers.hpp"
#include "tests/support/handler_fixture.hpp"
#include "tests/unit/handlers/host_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace cattle::handlers {
namespace {

using namespace std::chrono_literals;

docker::ContainerSummary container(const std::string& state, const std::string& status) {
  docker::ContainerSummary entry;
  entry.id = std::string(64, 'a');
  entry.names = {"/web"};
  entry.image = "busybox";
  entry.state = state;
  entry.status = status;
  entry.created = 1546584614;
  return entry;
}

TEST(VersionNumbers, are_the_first_of_a_text) {
  EXPECT_EQ(version_numbers("20.10.24+dfsg1", 2), "20.10");
  EXPECT_EQ(version_numbers("Linux version 6.18.44 (gcc 12)", 3), "6.18.44");
  EXPECT_EQ(version_numbers("Linux version 6.1-rc1 (x)", 3), "6.1");
  EXPECT_EQ(version_numbers("64-bit 1.12", 2), "1.12");
  EXPECT_EQ(version_numbers("7", 2), "");
  EXPECT_EQ(version_numbers("", 2), "");
}

TEST(HostLabels, H103_name_engine_kernel_and_cloud) {
  const support::TempDir root;
  root.write("proc/version", "Linux version 6.18.44 (x)\n");
  const HostLabelSources sources{
      .proc = root.path() + "/proc",
      .kvm_device = root.write("kvm", ""),
      .agent_image = "rancher/agent:v1.2.11",
      .cloud_file = root.write("info.json", R"({"label":{"io.rancher.host.provider":"aws","bad":5}})")};
  EXPECT_EQ(host_labels(sources, facts()),
            (std::map<std::string, std::string>{{"io.rancher.host.os", "linux"},
                                                {"io.rancher.host.agent_image", "rancher/agent:v1.2.11"},
                                                {"io.rancher.host.docker_version", "20.10"},
                                                {"io.rancher.host.linux_kernel_version", "6.18"},
                                                {"io.rancher.host.kvm", "true"},
                                                {"io.rancher.host.provider", "aws"}}));
}

TEST(HostLabels, a_source_that_fails_costs_only_its_own_labels) {
  const HostLabelSources sources{
      .proc = "/nowhere", .kvm_device = "/nowhere/kvm", .agent_image = {}, .cloud_file = "/nowhere/info"};
  EXPECT_EQ(host_labels(sources, std::nullopt),
            (std::map<std::string, std::string>{{"io.rancher.host.os", "linux"},
                                                {"io.rancher.host.agent_image", ""}}));
}

TEST(InstanceList, H105_R38_states_are_what_the_server_expects) {
  const auto state = [](const std::string& word, const std::string& status) {
    const auto resources = instance_resources({container(word, status)});
    return resources.empty() ? std::string() : resources.front().at("state").get<std::string>();
  };
  EXPECT_EQ(state("running", "Up 3 seconds"), "running");
  EXPECT_EQ(state("paused", "Up 3 seconds (Paused)"), "running");
  EXPECT_EQ(state("restarting", "Restarting (1) 2 seconds ago"), "running");
  EXPECT_EQ(state("exited", "Exited (0) 2 seconds ago"), "stopped");
  EXPECT_EQ(state("dead", "Dead"), "stopped");
  EXPECT_EQ(state("created", "Created"), "");
  EXPECT_EQ(state("created", ""), "");
  EXPECT_EQ(state("", "Up 3 seconds"), "running");
}

TEST(InstanceList, H107_R37_S47_entries_have_each_key_in_its_type) {
  auto labelled = container("running", "Up");
  labelled.labels = {{"io.rancher.container.uuid", "u-1"}, {"n", "5"}};
  const auto resources = instance_resources({container("running", "Up"), labelled});
  EXPECT_EQ(resources.at(0), (nlohmann::json{{"type", "instance"},
                                             {"uuid", "web"},
                                             {"state", "running"},
                                             {"dockerId", std::string(64, 'a')},
                                             {"image", "busybox"},
                                             {"labels", nlohmann::json::object()},
                                             {"created", 1546584614},
                                             {"systemContainer", ""}}));
  EXPECT_EQ(resources.at(1).at("uuid"), "u-1");
  EXPECT_EQ(resources.at(1).at("labels").at("n"), "5");
  auto nameless = container("running", "Up");
  nameless.names.clear();
  EXPECT_EQ(derived_uuid(nameless), "no-uuid-" + nameless.id);
}

TEST(InstanceList, H107_a_link_of_another_container_is_not_the_name) {
  auto linked = container("running", "Up");
  linked.names = {"/aweb/alias", "/zdb", "/web/db"};
  EXPECT_EQ(derived_uuid(linked), "zdb");
}

TEST(HostKey, H111_is_made_once_and_stays) {
  const support::TempDir root;
  const auto file = root.path() + "/etc/ssl/host.key";
  HostKey key(file);
  const auto first = key.public_pem(30s);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(key.public_pem(0ms), first);
  HostKey restarted(file);
  EXPECT_EQ(restarted.public_pem(0ms), first);

  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0400U);
  EXPECT_TRUE(read_text_file(file)->starts_with("-----BEGIN RSA PRIVATE KEY-----"));
  EXPECT_TRUE(first->starts_with("-----BEGIN RSA PUBLIC KEY-----"));
  // The content is a SubjectPublicKeyInfo of 2048 bits, whatever the header says.
  auto pem = *first;
  for (auto at = pem.find("RSA PUBLIC"); at != std::string::npos; at = pem.find("RSA PUBLIC"))
    pem.erase(at, 4);
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> memory(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free_all);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> parsed(
      PEM_read_bio_PUBKEY(memory.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  ASSERT_NE(parsed, nullptr);
  EXPECT_EQ(EVP_PKEY_get_bits(parsed.get()), 2048);
}

TEST(HostKey, H111_two_agents_that_start_at_once_agree) {
  const support::TempDir root;
  HostKey one(root.path() + "/host.key");
  HostKey other(root.path() + "/host.key");
  auto asked = std::async(std::launch::async, [&one] { return one.public_pem(30s); });
  const auto second = other.public_pem(30s);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(asked.get(), second);
}

TEST(HostKey, H111_a_file_that_is_no_key_is_left_alone) {
  const support::TempDir root;
  const auto file = root.write("host.key", "mine");
  HostKey key(file);
  EXPECT_THROW(static_cast<void>(key.public_pem(0ms)), std::runtime_error);
  EXPECT_EQ(read_text_file(file), "mine");
}

TEST(HostKey, H111_a_pipe_in_its_place_is_not_waited_for) {
  const support::TempDir root;
  const auto file = root.path() + "/host.key";
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  HostKey key(file);
  EXPECT_THROW(static_cast<void>(key.public_pem(0ms)), std::runtime_error);
}

TEST(HostAddress, R32_is_an_ipv4_address_or_nothing) {
  EXPECT_EQ(HostAddress().ipv4("192.0.2.7", 0ms), "192.0.2.7");
  EXPECT_EQ(HostAddress().ipv4("", 0ms), std::nullopt);
  HostAddress named([](const std::string&) { return std::optional<std::string>("192.0.2.8"); });
  EXPECT_EQ(named.ipv4("name", 10s), "192.0.2.8");
  HostAddress unknown([](const std::string&) { return std::optional<std::string>(); });
  EXPECT_EQ(unknown.ipv4("name", 10s), std::nullopt);
}

TEST(HostAddress, R29_a_hanging_resolver_costs_only_the_patience) {
  std::promise<void> release;
  auto released = release.get_future().share();
  HostAddress address([released](const std::string&) {
    released.wait();
    return std::optional<std::string>("192.0.2.9");
  });
  EXPECT_EQ(address.ipv4("name", 20ms), std::nullopt);
  release.set_value();
  EXPECT_EQ(address.ipv4("name", 10s), "192.0.2.9");
}

}  // namespace
}  // namespace cattle::handlers
