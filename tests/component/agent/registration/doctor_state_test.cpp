// SPDX-License-Identifier: Apache-2.0
#include "tests/component/agent/registration/doctor_fixture.hpp"

#include <sys/mount.h>
#include <sys/stat.h>

namespace cattle::agent::doctor {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kStored = "CATTLE_URL='http://x/v1'\nCATTLE_ACCESS_KEY='a'\nCATTLE_SECRET_KEY='s'\n";

class DoctorState : public Doctor {
 protected:
  /// 32, for the file of that name, and with that remedy.
  void expect_found(const std::string& name, const std::string& remedy) {
    EXPECT_THAT(found(), only(Cause::state_file)) << name << last_.output;
    EXPECT_THAT(last_.output, testing::AllOf(HasSubstr(name), HasSubstr(remedy)));
  }
  /// Something that is no file, for as long as it takes to find it.
  void expect_other_kinds_found(const std::string& name, const std::string& remedy) {
    const auto path = directory_ / name;
    std::filesystem::create_directories(path);
    expect_found(name, remedy);
    std::filesystem::remove(path);
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    expect_found(name, remedy);
    std::filesystem::remove(path);
  }
};

TEST_F(DoctorState, state_files_that_are_damaged_or_open_to_all) {
  for (const auto* name : {".docker_uuid", ".physical_host_uuid", ".registration_token"}) {
    write(std::string("state/") + name, std::string(36, '\0'));
    EXPECT_THAT(found(), only(Cause::state_file)) << name << last_.output;
    EXPECT_THAT(last_.output, HasSubstr(name));
    std::filesystem::remove(directory_ / "state" / name);
  }
  write("state/machine.json", "{\"machineId\":");
  EXPECT_THAT(found(), only(Cause::state_file)) << last_.output;
  std::filesystem::remove(directory_ / "state/machine.json");
  write("state/credentials.conf", kStored);
  std::filesystem::permissions(directory_ / "state/credentials.conf", std::filesystem::perms(0644));
  EXPECT_THAT(found(), only(Cause::state_file)) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("chmod 600"));
}

TEST_F(DoctorState, state_files_that_are_empty_and_a_key_that_is_none) {
  for (const auto* name : {".docker_uuid", ".physical_host_uuid", ".registration_token"}) {
    write(std::string("state/") + name, "");
    EXPECT_THAT(found(), only(Cause::state_file)) << name << last_.output;
    EXPECT_THAT(last_.output, HasSubstr(std::string(name) + " is empty"));
    std::filesystem::remove(directory_ / "state" / name);
  }
  write("state/.registration_token", std::string(128, 'x'));
  EXPECT_THAT(found(), only(Cause::state_file)) << last_.output;
}

TEST_F(DoctorState, stored_credentials_that_were_cut_off_come_before_what_they_leave_unset) {
  for (const auto* name : {"CATTLE_URL", "CATTLE_ACCESS_KEY", "CATTLE_SECRET_KEY"}) variables_.erase(name);
  for (const auto* text : {"CATTLE_URL='http://127.0.0.1:1/v", "CATTLE_URL='http://127.0.0.1:1/v1'\n", ""}) {
    write("state/credentials.conf", text);
    std::filesystem::permissions(directory_ / "state/credentials.conf", std::filesystem::perms(0600));
    EXPECT_THAT(found(), testing::Not(IsEmpty()));
    EXPECT_EQ(last_.code, static_cast<int>(Cause::state_file)) << text << last_.output;
    EXPECT_THAT(last_.output, HasSubstr("credentials.conf"));
  }
}

TEST_F(DoctorState, in_an_agent_container_it_looks_where_that_agent_keeps_its_state) {
  if (!is_root()) GTEST_SKIP() << "mounting takes root";
  const std::string damaged(36, '\0');
  write("lib/cattle/.docker_uuid", damaged);
  const auto in_container = [this] {
    return own_mounts() && ::mount((directory_ / "lib").c_str(), "/var/lib", nullptr, MS_BIND, nullptr) == 0;
  };
  for (const auto* name : {"CATTLE_HOME", "CATTLE_STATE_DIR", "CATTLE_AGENT_LOG_FILE"})
    variables_.erase(name);
  EXPECT_THAT(found(in_container), only(Cause::state_file)) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("/var/lib/cattle/.docker_uuid"));
  variables_["RANCHER_AGENT_IMAGE"] = "rancher/agent:v1.2.11";
  EXPECT_THAT(found(in_container), IsEmpty()) << last_.output;
  write("lib/rancher/state/.docker_uuid", damaged);
  EXPECT_THAT(found(in_container), only(Cause::state_file)) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("/var/lib/rancher/state/.docker_uuid"));
}

TEST_F(DoctorState, a_registration_url_that_can_not_be_used_again_or_shows_its_token) {
  const std::string name = "state/registration_url";
  const std::string whole = "http://192.0.2.1:8080/v1/scripts/ABC:1:def";
  write(name, whole + "\n");
  for (const auto mode : {0644, 0640, 0400}) {
    std::filesystem::permissions(directory_ / name, std::filesystem::perms(mode));
    expect_found(name, "chmod 600");
  }
  std::filesystem::permissions(directory_ / name, std::filesystem::perms(0600));
  EXPECT_THAT(found(), IsEmpty()) << last_.output;
  for (const auto& text : {std::string(), whole.substr(0, 30), std::string("htt\n"),
                           std::string(64, '\0') + "\n", std::string("http://192.0.2.1/\x01\xff\n")}) {
    write(name, text);
    expect_found(name, "register");
  }
  std::filesystem::remove(directory_ / name);
  expect_other_kinds_found(name, "register");
}

TEST_F(DoctorState, a_host_key_that_is_none) {
  const std::string name = "etc/ssl/host.key";
  for (const auto* text : {"", "junk"}) {
    write(name, text);
    expect_found(name, "makes a new key");
  }
  std::filesystem::remove(directory_ / name);
  expect_other_kinds_found(name, "make a new key");
  EXPECT_THAT(found(), IsEmpty()) << "none is made by looking" << last_.output;
  EXPECT_FALSE(std::filesystem::exists(directory_ / name));
}

TEST_F(DoctorState, facts_of_the_machine_that_are_no_file) {
  expect_other_kinds_found("state/machine.json", "the agent writes it anew");
  write("state/machine.json", "");
  expect_found("state/machine.json", "the agent writes it anew");
}

TEST_F(DoctorState, a_ca_without_certificate_is_found_and_no_verdict_on_the_chain_is_built_on_it) {
  if (!is_root()) GTEST_SKIP() << "mounting takes root";
  const std::string name = "etc/ssl/ca.crt";
  const auto in_place = [this] {
    return own_mounts() && mount_tmpfs("/var/lib", "size=1g") &&
           std::filesystem::create_directories("/var/lib/rancher") &&
           ::mount(directory_.c_str(), "/var/lib/rancher", nullptr, MS_BIND, nullptr) == 0;
  };
  const support::TestCa ca;
  const auto server = secure(ca.issue({"127.0.0.1"}));
  const auto expect_ca_found = [&] {
    EXPECT_THAT(found(in_place), only(Cause::state_file)) << last_.output << last_.errors;
    EXPECT_THAT(last_.output, testing::AllOf(HasSubstr(name), HasSubstr("store the CA's certificate")));
  };
  for (const auto* text :
       {"", "\x01\xfejunk", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    write(name, text);
    expect_ca_found();
  }
  variables_["CA_FINGERPRINT"] = "AA:BB:CC";
  expect_ca_found();
  variables_.erase("CA_FINGERPRINT");
  variables_["CATTLE_URL"] = server_.url();
  expect_ca_found();
  std::filesystem::remove(directory_ / name);
  ASSERT_EQ(::mkfifo((directory_ / name).c_str(), 0600), 0);
  EXPECT_THAT(found(in_place), only(Cause::state_file)) << last_.output << last_.errors;
  std::filesystem::remove(directory_ / name);
  variables_["CATTLE_URL"] = server->url();
  EXPECT_THAT(found(in_place), only(Cause::certificate_unknown)) << last_.output;
  std::filesystem::copy_file(ca.ca_file(), directory_ / name);
  EXPECT_THAT(found(in_place), IsEmpty()) << last_.output;
}

}  // namespace
}  // namespace cattle::agent::doctor
