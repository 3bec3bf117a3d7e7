// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/work.hpp"

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cattle::agent {

struct QueueLimits {
  std::size_t waiting_per_key = 64;
  std::size_t admitted = 1'024 + 64;  ///< Running and waiting, in all.
  std::size_t aliases = 1'024;        ///< Other names of things that are remembered.
};

/// One lane for each thing that is touched: its works run one after the other, in the order of their frames
/// (R28, H6). A thing may have two names (an instance's uuid and its container's id); an event that carries
/// both ties them together, for as long as the lane is busy and, within `aliases`, afterwards.
///
/// Pulls join: while one runs, the others of its lane wait as its followers, and are all let go when it ends.
/// Any thread; never blocks. It runs nothing itself: what it returns is the caller's to run, drop or log.
class ResourceQueue {
 public:
  using Works = std::vector<std::shared_ptr<Work>>;
  enum class Verdict : std::uint8_t { run, wait, key_full, full, closed };
  struct Admission {
    Verdict verdict = Verdict::run;
    std::size_t ahead = 0;  ///< Works of the lane before this one.
    Works expired;          ///< Outlived their time while they waited: to be dropped.
  };
  struct Release {
    Works run;
    Works expired;
  };

  explicit ResourceQueue(QueueLimits limits) : limits_(limits) {}

  [[nodiscard]] Admission admit(const std::shared_ptr<Work>& work, Clock::time_point now);
  /// To be called exactly once for each work that was to be run, whether it ran or not.
  [[nodiscard]] Release finished(const Work& work, Clock::time_point now);
  /// Those that wait for this running pull, and get its progress.
  [[nodiscard]] Works followers(const Work& leader) const;
  /// Admits nothing from here on, and returns all that waits, to be dropped.
  [[nodiscard]] Works close();

 private:
  struct Lane {
    std::size_t running = 0;
    std::deque<std::shared_ptr<Work>> waiting;
    std::vector<std::string> names;
  };
  using Lanes = std::list<Lane>;

  [[nodiscard]] std::vector<std::string> names_of(const handlers::ResourceKey& key);
  void remember(const handlers::ResourceKey& key);
  [[nodiscard]] Lanes::iterator lane_for(const std::vector<std::string>& names);
  void merge(Lanes::iterator into, Lanes::iterator from);
  void name_lane(Lanes::iterator lane, const std::string& name);
  void remove_lane(Lanes::iterator lane);
  void drop_expired(Lane& lane, Clock::time_point now, Works& expired);

  const QueueLimits limits_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  std::size_t admitted_ = 0;
  Lanes lanes_;
  std::map<std::string, Lanes::iterator> lane_by_name_;
  std::map<std::string, std::string> key_by_alias_;
  std::deque<std::string> alias_order_;
};

}  // namespace cattle::agent
