// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>

namespace cattle::docker {

/// An engine to hold to the contract, and what is to be found on it.
struct ContractTarget {
  EngineOptions engine;
  std::string image;           ///< Present; has true, false, sh and sleep.
  std::string registry_image;  ///< Not present; its registry asks for the credential.
  RegistryAuth credential;
  std::shared_ptr<void> owner;  ///< Keeps a fake alive.
};

/// Each executable that runs the contract defines it: for the fake, or for a real engine. Throws
/// std::runtime_error with the reason when there is no engine.
[[nodiscard]] ContractTarget make_contract_target();

class EngineContract : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// A create body that runs `command`, labelled so that TearDown() removes the container.
  [[nodiscard]] nlohmann::json body(const std::vector<std::string>& command = {"sleep", "1000"}) const;
  [[nodiscard]] std::string name(const std::string& suffix) const;  ///< Not used by another test.
  std::string create(const std::string& suffix, const nlohmann::json& create_body);
  std::string start(const std::string& suffix, const nlohmann::json& create_body);
  void remove(const std::string& id);

  std::optional<ContractTarget> target_;
  std::unique_ptr<Client> client_;
  Call call_;
};

}  // namespace cattle::docker
