// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/engine_lane.hpp"

#include "handlers/errors.hpp"
#include "handlers/json_fields.hpp"

namespace cattle::handlers {

EngineLane::Turn::~Turn() {
  if (lane_ != nullptr) lane_->release();
}

EngineLane::Turn EngineLane::take(const Context& context, ContainerChanges::Effect effect) {
  std::unique_lock lock(mutex_);
  const bool came =
      changed_.wait_until(lock, context.call.stop, context.deadline, [this] { return !needed_ || !taken_; });
  if (!came)
    throw OperationError("The engine was busy with other containers until the event's time was over");
  if (!needed_) return {nullptr, changes_, effect};
  taken_ = true;
  return {this, changes_, effect};
}

void EngineLane::learn(const std::string& driver) {
  if (driver.empty()) return;
  const std::lock_guard lock(mutex_);
  if (known_ && needed_ == (driver == "devicemapper")) return;
  known_ = true;
  needed_ = driver == "devicemapper";
  changed_.notify_all();
}

void EngineLane::release() {
  const std::lock_guard lock(mutex_);
  taken_ = false;
  changed_.notify_all();
}

std::string storage_driver(const docker::Container& container) {
  return text_or_empty(container.raw, "Driver");
}

}  // namespace cattle::handlers
