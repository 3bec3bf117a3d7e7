// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace cattle::handlers {

/// What a ping says about the engine.
struct EngineFacts {
  std::string version;     ///< "20.10.24+dfsg1"
  std::string git_commit;  ///< "5d6db84"
  std::string operating_system;
  std::string storage_driver;
  std::map<std::string, std::string> storage_driver_status;
  std::string root_dir;
};

/// Keeps the engine's facts, since GET /info is dear on a busy engine. Safe to share between threads.
class EngineFactsCache {
 public:
  explicit EngineFactsCache(const docker::Client& engine,
                            std::chrono::milliseconds max_age = std::chrono::minutes(5))
      : engine_(engine), max_age_(max_age) {}

  /// Asks the engine, within `call.deadline`, when nothing is known or it is too old. When that fails, what
  /// was known before; nullopt when nothing was. One thread asks at a time; the others take what there is, or
  /// wait for it.
  [[nodiscard]] std::optional<EngineFacts> get(const docker::Call& call);
  /// Without any call.
  [[nodiscard]] std::optional<EngineFacts> known() const;

 private:
  [[nodiscard]] bool is_fresh() const;

  const docker::Client& engine_;
  std::chrono::milliseconds max_age_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<EngineFacts> facts_;
  std::chrono::steady_clock::time_point read_at_;
  bool asking_ = false;
};

}  // namespace cattle::handlers
