// SPDX-License-Identifier: Apache-2.0
#include "tests/component/docker-client/contract.hpp"

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace cattle::docker {
namespace {

std::string label() {
  return "cattle.contract=" + std::to_string(::getpid());
}

}  // namespace

void EngineContract::SetUp() {
  try {
    target_ = make_contract_target();
  } catch (const std::runtime_error& error) {
    const char* strict = std::getenv("AGENT_TEST_STRICT");
    if (strict != nullptr && std::string(strict) == "1") FAIL() << error.what();
    GTEST_SKIP() << error.what();
  }
  client_ = std::make_unique<Client>(target_->engine);
  call_.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
}

void EngineContract::TearDown() {
  if (!client_) return;
  ContainerFilters filters;
  filters.labels = {label()};
  for (const ContainerSummary& left : client_->list_containers(filters, {})) remove(left.id);
}

nlohmann::json EngineContract::body(const std::vector<std::string>& command) const {
  const std::string text = label();
  const auto equals = text.find('=');
  return {{"Image", target_->image},
          {"Cmd", command},
          {"Labels", {{text.substr(0, equals), text.substr(equals + 1)}}}};
}

std::string EngineContract::name(const std::string& suffix) const {
  return "contract-" + std::to_string(::getpid()) + "-" + suffix;
}

std::string EngineContract::create(const std::string& suffix, const nlohmann::json& create_body) {
  return client_->create_container(name(suffix), create_body, call_).id;
}

std::string EngineContract::start(const std::string& suffix, const nlohmann::json& create_body) {
  std::string id = create(suffix, create_body);
  EXPECT_EQ(client_->start_container(id, call_), StartOutcome::started);
  return id;
}

void EngineContract::remove(const std::string& id) {
  RemoveContainerOptions options;
  options.force = true;
  options.volumes = true;
  static_cast<void>(client_->remove_container(id, options, {}));
}

}  // namespace cattle::docker
