// SPDX-License-Identifier: Apache-2.0
// State files that were not written to their end, or not by us.
#include "config/config.hpp"
#include "config/identity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace cattle::config {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class DamagedState : public testing::Test {
 public:
  DamagedState() {
    std::string pattern = (fs::temp_directory_path() / "dmgXXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    variables_ = {{"CATTLE_HOME", directory_.string()}, {"CATTLE_STATE_DIR", directory_.string()}};
  }
  ~DamagedState() override { fs::remove_all(directory_); }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(directory_ / name) << content;
  }
  [[nodiscard]] std::string error() const {
    try {
      const Environment environment = [this](const std::string& name) -> std::optional<std::string> {
        const auto found = variables_.find(name);
        return found == variables_.end() ? std::nullopt : std::optional(found->second);
      };
      (void)load(environment, {});
    } catch (const ConfigError& failure) {
      return failure.what();
    }
    return "none";
  }
  fs::path directory_;
  std::map<std::string, std::string> variables_;
};

TEST_F(DamagedState, half_an_identity_is_no_other_one) {
  const std::string whole = "70dafa64-c8fa-4d48-9b3c-5ecaad68d6f5";
  std::vector<std::string> warnings;
  for (const std::size_t length : {9U, 13U, 14U, 18U, 35U}) {
    write(".docker_uuid", whole.substr(0, length));
    EXPECT_THROW((void)identity(directory_ / ".docker_uuid", std::nullopt, warnings), ConfigError) << length;
  }
  write(".docker_uuid", whole.substr(0, 18));
  EXPECT_EQ(identity(directory_ / ".docker_uuid", whole, warnings), whole) << "a given one restores it";
  for (const auto* own : {"rack-7", "cafe", "12345678", "70dafa64-host", "1234567890"}) {
    write(".docker_uuid", own);
    EXPECT_EQ(identity(directory_ / ".docker_uuid", std::nullopt, warnings), own) << "an operator's own";
  }
}

TEST_F(DamagedState, credentials_that_are_cut_off_are_named_with_their_remedy) {
  EXPECT_THAT(error(), AllOf(HasSubstr("CATTLE_URL is not set"), Not(HasSubstr("damaged"))));
  const std::string whole = "CATTLE_URL='http://s/v1'\nCATTLE_ACCESS_KEY='key'\nCATTLE_SECRET_KEY='hush'\n";
  for (const auto& content : {std::string(), whole.substr(0, 30), whole.substr(0, whole.size() - 2)}) {
    write("credentials.conf", content);
    EXPECT_THAT(error(), AllOf(HasSubstr("is not set"), HasSubstr("credentials.conf is damaged"),
                               HasSubstr("cattle-agent register"), Not(HasSubstr("hush"))))
        << content;
  }
  write("credentials.conf", whole);
  EXPECT_EQ(error(), "none");
  write("credentials.conf", "CATTLE_URL='ftp://s'\nCATTLE_ACCESS_KEY='key'\nCATTLE_SECRET_KEY='hush'\n");
  EXPECT_THAT(error(), AllOf(HasSubstr("CATTLE_URL must be"), Not(HasSubstr("damaged"))));
}

}  // namespace
}  // namespace cattle::config
