// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "tests/support/fake_engine.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace cattle::docker {

/// A client of an engine that goes, hangs, is replaced or breaks off when a test says so.
class EngineFaults : public ::testing::Test {
 protected:
  EngineFaults() {
    options_.host = fake_.docker_host();
    options_.stream_idle = std::chrono::milliseconds(300);
    fake_.add_image("busybox:latest", {{"Cmd", {"sh"}}});
    id_ = fake_.add_container("web", {{"Image", "busybox:latest"}});
    fake_.set_pull("big:1", {});
  }

  Client& client() {
    if (!client_) client_ = std::make_unique<Client>(options_);
    return *client_;
  }

  template <typename Function>
  Error error_of(const Function& function) {
    try {
      function();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {ErrorKind::engine, 0, "", ""};
  }

  Error pull_error(const std::string& image) {
    return error_of([&] { client().pull_image(parse_image_reference(image), std::nullopt, {}, call_); });
  }

  void inject(support::Fault::Kind kind, const std::string& path, int times = 1) {
    support::Fault fault;
    fault.kind = kind;
    fault.path_contains = path;
    fault.times = times;
    fake_.inject(fault);
  }

  static support::FakeEngineOptions engine(const char* version, const char* newest, const char* oldest) {
    support::FakeEngineOptions options;
    options.version = version;
    options.api_version = newest;
    options.min_api_version = oldest;
    return options;
  }

  support::FakeEngine fake_;
  EngineOptions options_;
  std::unique_ptr<Client> client_;
  std::string id_;
  Call call_;
};

}  // namespace cattle::docker
