// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/change_feed.hpp"
#include "lab/config_items.hpp"
#include "lab/host_reports.hpp"
#include "lab/registrations.hpp"
#include "lab/server.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <list>
#include <string>

namespace cattle::lab {

/// The whole server but for its sockets. Everything in it runs on the one thread of `io`.
struct Core {
  explicit Core(const Options& options);

  void start();
  /// Somebody may wait for what just changed.
  void changed();
  /// Runs `check` after each change until it says true, then never again. Returns a handle to forget it by.
  std::size_t watch(std::function<bool()> check);
  void forget(std::size_t watch);

  // What waits in the loop refers to the parts, but its end touches none of them.
  Settings settings;
  Flavour flavour;
  Ids ids;
  Store store;
  Wire wire;
  Faults faults;
  boost::asio::io_context io;
  Bus bus;
  Calls calls;
  Processes processes;
  Accounts accounts;
  Agents agents;
  Steps steps;
  EventData data;
  Instances instances;
  HostReports reports;
  ConfigItems config;
  Registrations registrations;
  ChangeFeed changes;

 private:
  void check_watches();
  struct Watch {
    std::size_t id;
    std::function<bool()> check;
  };
  std::list<Watch> watches_;
  std::size_t next_watch_ = 1;
  bool check_posted_ = false;
};

}  // namespace cattle::lab
