// SPDX-License-Identifier: Apache-2.0
#include "agent/resource_queue.hpp"

#include <algorithm>
#include <iterator>

namespace cattle::agent {
namespace {

bool joins(const Work& work) {
  return work.route().admission == handlers::Admission::joined;
}

/// A pull may last longer than the time of those that wait for it; they were never forgotten, so they are not
/// dropped.
bool dropped_by_time(const Work& work, Clock::time_point now) {
  return !joins(work) && work.expired(now);
}

}  // namespace

ResourceQueue::Admission ResourceQueue::admit(const std::shared_ptr<Work>& work, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  Admission result;
  if (closed_) {
    result.verdict = Verdict::closed;
    return result;
  }
  if (work->key().key.empty()) {  // H8: nothing in common with any other.
    if (admitted_ >= limits_.admitted) result.verdict = Verdict::full;
    if (result.verdict == Verdict::run) ++admitted_;
    return result;
  }
  remember(work->key());
  const auto names = names_of(work->key());
  const auto lane = lane_for(names);
  result.ahead = lane->running + lane->waiting.size();
  if (lane->waiting.size() >= limits_.waiting_per_key || admitted_ >= limits_.admitted) {
    drop_expired(*lane, now, result.expired);
  }
  if (lane->waiting.size() >= limits_.waiting_per_key) {
    result.verdict = Verdict::key_full;
  } else if (admitted_ >= limits_.admitted) {
    result.verdict = Verdict::full;
  } else {
    ++admitted_;
    result.verdict = lane->running == 0 ? Verdict::run : Verdict::wait;
    if (result.verdict == Verdict::run) lane->running = 1;
    if (result.verdict == Verdict::wait) lane->waiting.push_back(work);
  }
  if (lane->running == 0 && lane->waiting.empty()) remove_lane(lane);
  return result;
}

ResourceQueue::Release ResourceQueue::finished(const Work& work, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  Release result;
  --admitted_;
  const auto found = lane_by_name_.find(work.key().key);
  if (found == lane_by_name_.end()) return result;
  const auto lane = found->second;
  if (--lane->running > 0) return result;
  drop_expired(*lane, now, result.expired);
  auto& waiting = lane->waiting;
  auto last = waiting.begin();
  if (last != waiting.end()) ++last;
  if (joins(work)) {
    last = std::find_if_not(waiting.begin(), waiting.end(), [](const auto& other) { return joins(*other); });
    if (last == waiting.begin() && !waiting.empty()) ++last;
  }
  result.run.assign(waiting.begin(), last);
  waiting.erase(waiting.begin(), last);
  lane->running = result.run.size();
  if (lane->running == 0) remove_lane(lane);
  return result;
}

ResourceQueue::Works ResourceQueue::followers(const Work& leader) const {
  const std::lock_guard lock(mutex_);
  const auto found = lane_by_name_.find(leader.key().key);
  if (found == lane_by_name_.end() || !joins(leader)) return {};
  const auto& waiting = found->second->waiting;
  return {waiting.begin(),
          std::find_if_not(waiting.begin(), waiting.end(), [](const auto& other) { return joins(*other); })};
}

ResourceQueue::Works ResourceQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  Works dropped;
  for (auto& lane : lanes_) {
    dropped.insert(dropped.end(), lane.waiting.begin(), lane.waiting.end());
    lane.waiting.clear();
  }
  admitted_ -= dropped.size();
  return dropped;
}

void ResourceQueue::remember(const handlers::ResourceKey& key) {
  if (key.alias.empty()) return;
  const auto [place, added] = key_by_alias_.insert_or_assign(key.alias, key.key);
  if (!added) return;
  alias_order_.push_back(place->first);
  if (alias_order_.size() <= limits_.aliases) return;
  key_by_alias_.erase(alias_order_.front());
  alias_order_.pop_front();
}

std::vector<std::string> ResourceQueue::names_of(const handlers::ResourceKey& key) {
  std::vector<std::string> names{key.key};
  if (!key.alias.empty()) names.push_back(key.alias);
  if (const auto known = key_by_alias_.find(key.key); known != key_by_alias_.end())
    names.push_back(known->second);
  return names;
}

ResourceQueue::Lanes::iterator ResourceQueue::lane_for(const std::vector<std::string>& names) {
  auto lane = lanes_.end();
  for (const auto& name : names) {
    const auto found = lane_by_name_.find(name);
    if (found == lane_by_name_.end() || found->second == lane) continue;
    if (lane == lanes_.end()) {
      lane = found->second;
    } else {
      merge(lane, found->second);
    }
  }
  if (lane == lanes_.end()) lane = lanes_.emplace(lanes_.end());
  for (const auto& name : names) name_lane(lane, name);
  return lane;
}

/// Two lanes turn out to be one thing: what waits in either now waits for what runs in both.
void ResourceQueue::merge(Lanes::iterator into, Lanes::iterator from) {
  into->running += from->running;
  into->waiting.insert(into->waiting.end(), from->waiting.begin(), from->waiting.end());
  std::stable_sort(into->waiting.begin(), into->waiting.end(), [](const auto& left, const auto& right) {
    return left->event().received < right->event().received;
  });
  for (const auto& name : from->names) {
    lane_by_name_[name] = into;
    into->names.push_back(name);
  }
  lanes_.erase(from);
}

void ResourceQueue::name_lane(Lanes::iterator lane, const std::string& name) {
  if (lane_by_name_.emplace(name, lane).second) lane->names.push_back(name);
}

void ResourceQueue::remove_lane(Lanes::iterator lane) {
  for (const auto& name : lane->names) lane_by_name_.erase(name);
  lanes_.erase(lane);
}

void ResourceQueue::drop_expired(Lane& lane, Clock::time_point now, Works& expired) {
  auto& waiting = lane.waiting;
  const auto kept = std::stable_partition(waiting.begin(), waiting.end(),
                                          [now](const auto& work) { return !dropped_by_time(*work, now); });
  admitted_ -= static_cast<std::size_t>(std::distance(kept, waiting.end()));
  expired.insert(expired.end(), kept, waiting.end());
  waiting.erase(kept, waiting.end());
}

}  // namespace cattle::agent
