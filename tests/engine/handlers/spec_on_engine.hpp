// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "tests/support/test_engine.hpp"
#include "tests/unit/handlers/spec_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cattle::handlers::testing {

/// Creates containers from specifications on the real engine and compares what the engine says that it made
/// of them.
class SpecOnEngine : public tests::EngineTest {
 protected:
  void SetUp() override {
    tests::EngineTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    docker::EngineOptions options;
    options.host = engine().docker_host;
    client_ = std::make_unique<docker::Client>(options);
    call_.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    const docker::Version version = client_->version(call_);
    facts_.engine_api_version = version.api_version;
    facts_.used_api_version = version.used_api_version;
  }

  void TearDown() override {
    for (const std::string& id : created_)
      (void)client_->remove_container(id, {.force = true, .volumes = true}, call_);
  }

  /// Id of the container that the engine makes of the specification.
  std::string create(const ContainerSpec& spec) {
    created_.push_back(client_->create_container(spec.name, spec.body, call_).id);
    return created_.back();
  }

  ContainerSpec spec_of(json fields, const json& columns = json::object()) {
    fields["imageUuid"] = "docker:" + engine().image;
    return handlers::testing::spec_of(std::move(fields), columns, facts_);
  }

  json inspect_created(const json& fields, const json& columns = json::object()) {
    return inspect(create(spec_of(fields, columns)));
  }

  json inspect(const std::string& id) {
    const auto container = client_->inspect_container(id, call_);
    if (!container) throw std::runtime_error("the container is gone");
    return container->raw;
  }

  /// Every place of `expected` (JSON pointers) holds its value in the engine's document.
  static void expect(const json& document, const std::vector<std::pair<const char*, json>>& expected) {
    for (const auto& [place, value] : expected) {
      const json::json_pointer pointer(place);
      ASSERT_TRUE(document.contains(pointer)) << place;
      EXPECT_EQ(document.at(pointer), value) << place;
    }
  }

  std::unique_ptr<docker::Client> client_;
  docker::Call call_;
  SpecFacts facts_;
  std::vector<std::string> created_;
};

}  // namespace cattle::handlers::testing
