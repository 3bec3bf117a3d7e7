// SPDX-License-Identifier: Apache-2.0
#include "lab/change_feed.hpp"

#include "lab/views.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

bool told(const Row& row) {
  const std::string type = text(row, "type");
  return type == "instance" || type == "volume" || type == "host" || type == "stack";
}

}  // namespace

void ChangeFeed::changed(const Row& row) {
  if (!told(row)) return;
  const bool idle = waiting_.empty();
  waiting_.emplace(text(row, "type"), id_of(row));
  if (idle) asio::co_spawn(io_, tell_later(), asio::detached);
}

asio::awaitable<void> ChangeFeed::tell_later() {
  asio::steady_timer timer(io_, settings_.change_delay);
  boost::system::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  const auto now = std::exchange(waiting_, {});
  for (const auto& [type, id] : now) tell(store_.at(type, id));
}

void ChangeFeed::tell(const Row& row) {
  const json project = row.value("accountId", json(nullptr));
  if (!project.is_number()) return;
  bus_.publish_views(
      "resource.change;account=" + project.dump(), [&](const Audience& audience) -> std::optional<json> {
        const bool stack = text(row, "type") == "stack";
        // Seen three times: the older server keeps a stack's changes from an administrator who listens over
        // /v1.
        if (stack && flavour_ == Flavour::cattle && audience.version == "v1" && audience.administrator)
          return std::nullopt;
        return json{{"id", ids_.uuid()},
                    {"name", "resource.change"},
                    {"resourceId", api_id_of(row, audience.version)},
                    {"resourceType", api_type(row, audience.version)},
                    {"time", now_millis()},
                    {"data", {{"resource", view(store_, row, audience.version, audience.base)}}}};
      });
}

}  // namespace cattle::lab
