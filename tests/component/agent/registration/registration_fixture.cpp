// SPDX-License-Identifier: Apache-2.0
#include "tests/component/agent/registration/registration_fixture.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>

namespace cattle::agent::registration {

using nlohmann::json;

std::string script_for(const std::string& api_url, const std::string& detected_ip) {
  return "#!/bin/sh\n\nexport CATTLE_REGISTRATION_ACCESS_KEY=\"registrationToken\"\n"
         "export CATTLE_REGISTRATION_SECRET_KEY=\"" +
         std::string(kToken) + "\"\nexport CATTLE_URL=\"" + api_url +
         "\"\nexport DETECTED_CATTLE_AGENT_IP=\"" + detected_ip + "\"\n";
}

json active_record(const std::string& access_key, const std::string& secret_key) {
  return {{"type", "register"},
          {"state", "active"},
          {"transitioning", "no"},
          {"accessKey", access_key},
          {"secretKey", secret_key}};
}

support::ServerAnswer records(const std::vector<json>& list) {
  return {200, json{{"type", "collection"}, {"data", list}}.dump()};
}

RegistrationTest::RegistrationTest() {
  std::string pattern = (std::filesystem::temp_directory_path() / "reg-XXXXXX").string();
  directory_ = ::mkdtemp(pattern.data());
  request_.key = [] { return std::string(128, 'a'); };
  request_.say = [this](const std::string& line) { said_.push_back(line); };
  waiting_.now = [this] { return std::chrono::steady_clock::time_point() + waited_; };
  waiting_.pause = [this](std::chrono::milliseconds time) {
    waited_ += time;
    ++pauses_;
    if (on_pause_) on_pause_(pauses_);
    return true;
  };
}

RegistrationTest::~RegistrationTest() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void RegistrationTest::accept_registration(support::FakeServer& server) {
  server.answer(kToken, {200, script_for(server.url("/v1", kHost))});
  server.answer("/register", records({}), 1);
  server.answer("/register", {201, json{{"type", "register"}, {"state", "requested"}}.dump()}, 1);
  server.answer("/register", records({active_record("0011AABB", "theSecretKeyOfTheAgent")}));
}

Credentials RegistrationTest::register_at(const std::string& url) const {
  auto request = request_;
  request.url = url;
  return register_host(Server(server_options_), request, waiting_);
}

std::optional<Failure> RegistrationTest::failure_at(const std::string& url) const {
  try {
    (void)register_at(url);
  } catch (const Failure& failure) {
    return failure;
  }
  return std::nullopt;
}

}  // namespace cattle::agent::registration
