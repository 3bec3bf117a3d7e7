// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/bus.hpp"
#include "lab/event_data.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <set>
#include <string>
#include <utility>

namespace cattle::lab {

/// `resource.change` for containers, volumes, hosts and stacks, to the subscribers of the row's project, in
/// the shape of each one's API version (E20). Changes within a short while are one event, so that states may
/// never be seen.
class ChangeFeed {
 public:
  ChangeFeed(boost::asio::io_context& io, const Settings& settings, Store& store, Ids& ids, Bus& bus,
             Flavour flavour)
      : io_(io), settings_(settings), store_(store), ids_(ids), bus_(bus), flavour_(flavour) {}

  void changed(const Row& row);

 private:
  boost::asio::awaitable<void> tell_later();
  void tell(const Row& row);

  boost::asio::io_context& io_;
  const Settings& settings_;
  Store& store_;
  Ids& ids_;
  Bus& bus_;
  Flavour flavour_;
  std::set<std::pair<std::string, std::int64_t>> waiting_;
};

}  // namespace cattle::lab
