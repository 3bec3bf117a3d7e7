// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/container_changes.hpp"

namespace cattle::handlers {

ContainerChanges::Change::Change(ContainerChanges& changes, Effect effect)
    : changes_(changes), effect_(effect) {
  if (effect_ == Effect::stops) return;
  const std::lock_guard lock(changes_.mutex_);
  ++changes_.begun_;
  ++changes_.under_way_;
}

ContainerChanges::Change::~Change() {
  const std::lock_guard lock(changes_.mutex_);
  // An end counts as a beginning too: what changed may have been listed as it was before.
  ++changes_.begun_;
  if (effect_ != Effect::stops) --changes_.under_way_;
}

std::uint64_t ContainerChanges::begun() const {
  const std::lock_guard lock(mutex_);
  return begun_;
}

bool ContainerChanges::quiet_since(std::uint64_t begun) const {
  const std::lock_guard lock(mutex_);
  return under_way_ == 0 && begun_ == begun;
}

}  // namespace cattle::handlers
