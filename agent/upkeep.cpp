// SPDX-License-Identifier: Apache-2.0
#include "agent/upkeep.hpp"

#include "agent/registration/share_mounts.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace cattle::agent {
namespace {

std::optional<std::int64_t> modified(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec;
}

}  // namespace

Upkeep::Upkeep(UpkeepOptions options, Outside outside)
    : options_(std::move(options)),
      outside_(std::move(outside)),
      image_watch_(options_.image, outside_.engine, outside_.say) {
  for (const auto& path : options_.stamps) stamps_.push_back({path, modified(path)});
}

Upkeep::~Upkeep() {
  stop();
}

void Upkeep::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    try {
      work(stop);
    } catch (const std::exception& error) {
      outside_.say(std::string("upkeep has ended: ") + error.what());
    }
  });
}

void Upkeep::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  wake_.notify_all();
  thread_.join();
}

void Upkeep::subscribed() {
  {
    const std::lock_guard lock(mutex_);
    ask_now_ = true;
  }
  wake_.notify_all();
}

void Upkeep::work(const std::stop_token& stop) {
  outside_.address.refresh(detected_, stop);
  while (!stop.stop_requested()) {
    prepare(stop);
    bool asked = false;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, pause(), [this] { return ask_now_; });
      asked = std::exchange(ask_now_, false);
    }
    if (stop.stop_requested()) return;
    if (asked || Clock::now() >= next_question_) ask_server(stop);
    if (options_.watch_image) image_watch_.look(stop);
    outside_.address.refresh(detected_, stop);
    look_at_stamps();
    look_at_cloud(stop);
  }
}

/// An engine that comes after us, or anew, may have another mount namespace and new mounts in it. Behind a
/// socket that systemd listens at is process 1, whatever becomes of the engine.
void Upkeep::prepare(const std::stop_token& stop) {
  if (!options_.prepare_host) return;
  const auto engine_process = registration::peer_process(options_.engine_socket);
  const bool is_new = engine_process != std::exchange(prepared_for_, engine_process);
  if (is_new || !wait_trouble_.empty()) {
    auto trouble = offer_wait_program(outside_.engine, options_.preparation);
    if (!trouble.empty() && trouble != wait_trouble_) outside_.say(trouble);
    wait_trouble_ = std::move(trouble);
  }
  if (is_new) prepare_host(engine_process, options_.preparation, outside_.say, stop);
}

void Upkeep::ask_server(const std::stop_token& stop) {
  next_question_ = Clock::now() + options_.bootstrap_interval;
  if (!options_.prepare_host && !options_.watch_image) return;
  const auto facts = ask_bootstrap(outside_.server, stop);
  if (!facts.detected_ip.empty()) detected_ = facts.detected_ip;
  if (options_.watch_image) image_watch_.consider(facts.required_image, stop);
}

void Upkeep::look_at_stamps() {
  for (auto& stamp : stamps_) {
    const auto now = modified(stamp.path);
    if (!now || now == stamp.first_seen) continue;
    if (stamp.first_seen) outside_.request_exit("stamp file " + stamp.path + " was written");
    stamp.first_seen = now;
  }
}

/// A metadata service may be later than we are, and most hosts have none.
void Upkeep::look_at_cloud(const std::stop_token& stop) {
  if (!options_.is_copied_instance || cloud_questions_ >= options_.cloud_attempts) return;
  if (Clock::now() < next_cloud_question_) return;
  next_cloud_question_ = Clock::now() + options_.cloud_interval;
  ++cloud_questions_;
  const auto id = handlers::cloud_instance_id(options_.cloud, stop);
  if (id.empty()) return;
  cloud_questions_ = options_.cloud_attempts;
  if (options_.is_copied_instance(id))
    outside_.request_exit("the cloud's instance id says that this machine is a copy of another");
}

std::chrono::milliseconds Upkeep::pause() const {
  return stamps_.empty() ? options_.address_interval
                         : std::min(options_.address_interval, options_.stamp_interval);
}

}  // namespace cattle::agent
