// SPDX-License-Identifier: Apache-2.0
#include "lab/core.hpp"

#include <boost/asio/post.hpp>

namespace cattle::lab {

Core::Core(const Options& options)
    : settings(options.settings),
      flavour(options.flavour),
      ids(options.seed),
      store(ids),
      io(1),
      bus(io, settings, ids, wire, faults),
      calls(io, settings, ids, bus),
      processes(io, settings, ids),
      accounts(store, ids, settings, flavour),
      agents({io, settings, store, accounts, calls, processes}),
      steps(agents, calls, processes),
      data(store, flavour),
      instances({settings, store, ids, agents, processes, steps, data, flavour}),
      reports({settings, store, agents, processes, steps, calls, bus, ids, instances, flavour}),
      config({io, settings, store, agents, calls, flavour}),
      registrations({io, settings, store, ids, accounts, agents, flavour}),
      changes(io, settings, store, ids, bus, flavour) {
  store.on_change = [this](const Row& row) {
    changes.changed(row);
    changed();
  };
  processes.on_change = [this] { changed(); };
  agents.on_pong = [this](Row& agent, const nlohmann::json& reply) {
    reports.pong(agent, reply);
    changed();
  };
  agents.on_activating = [this](Row& agent) { config.request(id_of(agent)); };
}

void Core::start() {
  agents.start_monitor();
  config.start_sync();
}

void Core::changed() {
  if (check_posted_ || watches_.empty()) return;
  check_posted_ = true;
  boost::asio::post(io, [this] { check_watches(); });
}

void Core::check_watches() {
  check_posted_ = false;
  watches_.remove_if([](const Watch& watch) { return watch.check(); });
}

std::size_t Core::watch(std::function<bool()> check) {
  const std::size_t id = next_watch_++;
  if (!check()) watches_.push_back({id, std::move(check)});
  return id;
}

void Core::forget(std::size_t watch) {
  watches_.remove_if([watch](const Watch& entry) { return entry.id == watch; });
}

}  // namespace cattle::lab
