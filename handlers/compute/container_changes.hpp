// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>

namespace cattle::handlers {

/// Knows whether events change containers at the moment. A list that was read while one did may contradict
/// the reply that the server gets before it: a container that it then misses is one that the server removes
/// (6.7, R36, R39). Safe to share between threads.
class ContainerChanges {
 public:
  /// What a change may do to a list. One that is being stopped stays in it, and runs in it until it has
  /// ended: that is the truth, however long it takes.
  enum class Effect : std::uint8_t { comes_or_goes, stops };

  /// A change under way, for as long as it lives.
  class Change {
   public:
    explicit Change(ContainerChanges& changes, Effect effect = Effect::comes_or_goes);
    ~Change();
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;

   private:
    ContainerChanges& changes_;
    Effect effect_;
  };

  /// Before the list is asked for.
  [[nodiscard]] std::uint64_t begun() const;
  /// After it came: nothing is changing, and nothing has since `begun` was asked.
  [[nodiscard]] bool quiet_since(std::uint64_t begun) const;

 private:
  mutable std::mutex mutex_;
  std::uint64_t begun_ = 0;
  std::uint64_t under_way_ = 0;
};

}  // namespace cattle::handlers
