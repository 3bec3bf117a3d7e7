// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/instances.hpp"

#include <vector>

namespace cattle::lab {

/// instance.start: image, root volume and named volumes, then the container itself; each step only where its
/// map is not active yet (E11). One object for all attempts of a process.
class StartProcess {
 public:
  StartProcess(Instances& owner, std::int64_t instance, bool no_op)
      : owner_(owner), instance_(instance), no_op_(no_op) {}

  boost::asio::awaitable<void> run(Process& process);
  void ended(const Process& process);

 private:
  boost::asio::awaitable<void> steps(Process& process);
  boost::asio::awaitable<void> activate_image(Process& process, std::int64_t volume_map);
  boost::asio::awaitable<void> activate_volume(Process& process, std::int64_t volume_map);
  boost::asio::awaitable<void> activate(Process& process);
  void take(Process& process, const Row& host, const nlohmann::json& reply);
  /// Throws GivenUp. With `deactivate` the instance is stopped on the host before it shows the message.
  [[noreturn]] void give_up(const std::string& message, bool deactivate);
  [[nodiscard]] CallSpec spec(const char* event, const Row& map, const Process& process, const char* logic,
                              const char* path) const;
  [[nodiscard]] std::vector<std::int64_t> volume_maps();
  void show(const char* message, int progress);
  [[nodiscard]] Store& store() const { return owner_.p_.store; }
  [[nodiscard]] Row& instance() const { return store().at("instance", instance_); }

  Instances& owner_;
  std::int64_t instance_;
  bool no_op_;
  bool reschedule_ =
      false;  ///< The host is away and the container never ran: it is removed, its service makes another.
};

}  // namespace cattle::lab
