// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/host_preparation.hpp"
#include "agent/image_watch.hpp"
#include "agent/own_address.hpp"
#include "docker-client/client.hpp"
#include "docker-client/http/client.hpp"
#include "handlers/host/cloud_instance.hpp"

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace cattle::agent {

struct UpkeepOptions {
  bool prepare_host = false;  ///< Image and service; not when a person runs the program by hand.
  /// Behind it is the process that the host is prepared for, as often as that is another one.
  std::string engine_socket = "/var/run/docker.sock";
  bool watch_image = false;         ///< Image only: a service is upgraded by its package manager.
  std::vector<std::string> stamps;  ///< Package only: a change of one ends the program (H119, S29).
  HostPreparationOptions preparation;
  ImageWatch::Options image;
  handlers::CloudInstanceOptions cloud;
  /// Told the cloud's instance id once it is known; true: this machine is a copy, and the process has to end.
  /// Empty: the cloud is not asked.
  std::function<bool(const std::string& cloud_id)> is_copied_instance;
  std::chrono::milliseconds address_interval{10'000};
  std::chrono::milliseconds bootstrap_interval{300'000};
  std::chrono::milliseconds stamp_interval{2'000};
  std::chrono::milliseconds cloud_interval{30'000};
  int cloud_attempts = 6;
};

/// What has to be looked after beside the events, on one thread that begins after the subscription was asked
/// for: the host's preparation, its address, the image that the server wants, the stamps of a server's
/// package.
class Upkeep {
 public:
  struct Outside {
    const docker::Client& engine;
    const http::Client& server;
    OwnAddress& address;
    std::function<void(const std::string&)> say;
    std::function<void(const std::string& reason)> request_exit;
  };
  Upkeep(UpkeepOptions options, Outside outside);
  ~Upkeep();  ///< stop().
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  void start();
  void stop();
  /// The link is there (again): what was to be asked of the server is asked soon. Any thread, never blocks.
  void subscribed();

 private:
  using Clock = std::chrono::steady_clock;
  struct Stamp {
    std::string path;
    std::optional<std::int64_t> first_seen;  ///< Modification time, ns; a missing file is no change.
  };
  void work(const std::stop_token& stop);
  void prepare(const std::stop_token& stop);
  void ask_server(const std::stop_token& stop);
  void look_at_stamps();
  void look_at_cloud(const std::stop_token& stop);
  [[nodiscard]] std::chrono::milliseconds pause() const;

  const UpkeepOptions options_;
  Outside outside_;
  ImageWatch image_watch_;
  std::vector<Stamp> stamps_;
  pid_t prepared_for_ = 0;    ///< 0: the host was not prepared yet.
  std::string wait_trouble_;  ///< Why the wait program is not in place, which is tried again then.
  std::string detected_;
  Clock::time_point next_question_;
  Clock::time_point next_cloud_question_;
  int cloud_questions_ = 0;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool ask_now_ = false;
  std::jthread thread_;
};

}  // namespace cattle::agent
