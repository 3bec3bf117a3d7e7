// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/types/container.hpp"
#include "handlers/compute/container_changes.hpp"
#include "handlers/context.hpp"

#include <condition_variable>
#include <mutex>
#include <string>

namespace cattle::handlers {

/// One thing at a time on engines whose storage driver is devicemapper, which breaks under parallel creates
/// and removals (2.19); no lane at all on any other. Which it is comes with the first inspect (`Driver`), at
/// no call of its own; until then it counts as devicemapper, so at most the first events wait for each other.
/// Safe to share between threads.
class EngineLane {
 public:
  /// Holds the lane, if there is one, as long as it lives; its effect on containers is under way meanwhile.
  class Turn {
   public:
    Turn(EngineLane* lane, ContainerChanges& changes, ContainerChanges::Effect effect)
        : lane_(lane), change_(changes, effect) {}
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    EngineLane* lane_;  ///< Null: nothing is held.
    ContainerChanges::Change change_;
  };

  /// Throws OperationError when the event's time ends or it is cancelled before its turn came.
  [[nodiscard]] Turn take(const Context& context,
                          ContainerChanges::Effect effect = ContainerChanges::Effect::comes_or_goes);

  /// `driver` is an inspect's `Driver` or an info's; "" says nothing.
  void learn(const std::string& driver);
  /// What the turns taken here change; for who lists containers.
  [[nodiscard]] const ContainerChanges& changes() const { return changes_; }

 private:
  void release();

  ContainerChanges changes_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool needed_ = true;
  bool known_ = false;
  bool taken_ = false;
};

/// An inspect's storage driver; "" where it has none.
[[nodiscard]] std::string storage_driver(const docker::Container& container);

}  // namespace cattle::handlers
