// SPDX-License-Identifier: Apache-2.0
#include "tests/component/agent/registration/doctor_fixture.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>

namespace cattle::agent::doctor {

using nlohmann::json;

Doctor::Doctor() {
  std::string pattern = (std::filesystem::temp_directory_path() / "doc-XXXXXX").string();
  directory_ = ::mkdtemp(pattern.data());
  std::filesystem::create_directories(directory_ / "state");
  variables_ = {{"CATTLE_URL", server_.url()},
                {"CATTLE_ACCESS_KEY", "key"},
                {"CATTLE_SECRET_KEY", "secret"},
                {"CATTLE_AGENT_IP", "192.0.2.9"},
                {"CATTLE_HOME", directory_.string()},
                {"CATTLE_STATE_DIR", (directory_ / "state").string()},
                {"CATTLE_AGENT_LOG_FILE", (directory_ / "agent.log").string()},
                {"DOCKER_HOST", engine_.docker_host()}};
}

Doctor::~Doctor() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::vector<int> Doctor::found(const std::function<bool()>& prepare) {
  last_ = run_program({"doctor", "--json"}, variables_, prepare);
  EXPECT_LT(last_.time, std::chrono::seconds(10));
  const auto document = json::parse(last_.output, nullptr, false);
  EXPECT_TRUE(document.is_object()) << last_.output << last_.errors;
  std::vector<int> codes;
  if (!document.is_object()) return codes;
  for (const auto& finding : document.at("findings")) {
    codes.push_back(finding.at("code").get<int>());
    EXPECT_FALSE(finding.at("remedy").get<std::string>().empty());
    EXPECT_EQ(finding.at("remedy").get<std::string>().find('\n'), std::string::npos);
  }
  EXPECT_EQ(last_.code, codes.empty() ? 0 : codes.front());
  EXPECT_EQ(document.at("exitCode"), last_.code);
  return codes;
}

void Doctor::write(const std::string& name, const std::string& text) const {
  const auto path = directory_ / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

std::unique_ptr<support::FakeServer> Doctor::secure(const support::TestCertificate& certificate) {
  support::FakeServerOptions options;
  options.certificate_file = certificate.certificate_file;
  options.key_file = certificate.key_file;
  auto server = std::make_unique<support::FakeServer>(options);
  variables_["CATTLE_URL"] = server->url();
  return server;
}

}  // namespace cattle::agent::doctor
