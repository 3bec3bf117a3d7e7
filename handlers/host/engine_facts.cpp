// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/engine_facts.hpp"

#include "docker-client/error.hpp"

namespace cattle::handlers {
namespace {

EngineFacts ask(const docker::Client& engine, const docker::Call& call) {
  const auto version = engine.version(call);
  const auto info = engine.info(call);
  EngineFacts facts;
  facts.version = version.version;
  facts.git_commit = version.git_commit;
  facts.operating_system = info.operating_system;
  facts.storage_driver = info.driver;
  for (const auto& [key, value] : info.driver_status) facts.storage_driver_status[key] = value;
  facts.root_dir = info.root_dir;
  return facts;
}

}  // namespace

bool EngineFactsCache::is_fresh() const {
  return facts_ && std::chrono::steady_clock::now() - read_at_ < max_age_;
}

std::optional<EngineFacts> EngineFactsCache::known() const {
  const std::lock_guard lock(mutex_);
  return facts_;
}

std::optional<EngineFacts> EngineFactsCache::get(const docker::Call& call) {
  std::unique_lock lock(mutex_);
  if (asking_ && !facts_) changed_.wait_until(lock, call.deadline, [this] { return !asking_; });
  if (is_fresh() || asking_) return facts_;
  asking_ = true;
  lock.unlock();

  std::optional<EngineFacts> facts;
  try {
    facts = ask(engine_, call);
  } catch (const docker::Error&) {
    // The call's observer has logged it. A ping goes out with what is known: a hanging engine is not a dead
    // host (H106).
    facts.reset();
  }
  lock.lock();
  asking_ = false;
  if (facts) {
    facts_ = std::move(facts);
    read_at_ = std::chrono::steady_clock::now();
  }
  changed_.notify_all();
  return facts_;
}

}  // namespace cattle::handlers
