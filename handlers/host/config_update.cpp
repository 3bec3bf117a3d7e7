// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/config_update.hpp"

#include "handlers/call_wait.hpp"
#include "handlers/errors.hpp"
#include "handlers/json_fields.hpp"

#include <algorithm>
#include <memory>
#include <string_view>

namespace cattle::handlers {
namespace {

/// The server repeats what is not acknowledged: late is better than never.
constexpr std::chrono::milliseconds kLeastAcknowledgeTime{1'000};

/// A name becomes one segment of a URL, escaped; what a server could take for another path is none.
bool is_item_name(std::string_view name) {
  constexpr std::size_t kLongest = 255;
  const auto leads_elsewhere = [](unsigned char letter) {
    return letter == '/' || letter == '\\' || letter < ' ' || letter == 0x7f;
  };
  return !name.empty() && name.size() <= kLongest && name != "." && name != ".." &&
         std::none_of(name.begin(), name.end(), leads_elsewhere);
}

}  // namespace

std::optional<nlohmann::json> ConfigUpdate::handle(const subscriber::Event& event, Context& context) const {
  if (!event.wants_reply()) return std::nullopt;
  take_turn(context);
  const std::unique_ptr<const ConfigUpdate, void (*)(const ConfigUpdate*)> turn(
      this, [](const ConfigUpdate* update) { update->end_turn(); });
  for (const auto& item : JsonFields(event.data, "data").objects("items")) {
    const auto name = item.text("name");
    if (is_item_name(name)) {
      if (const auto version = items_.take(name, context)) acknowledge(name, *version, context);
    } else {
      context.log.warn("config item left out: its name is none (" + item.path_of("name") + ")");
    }
  }
  return nlohmann::json::object();
}

void ConfigUpdate::take_turn(const Context& context) const {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_until(lock, context.call.stop, context.deadline, [this] { return !updating_; })) {
    throw OperationError("another config.update did not end in time");
  }
  updating_ = true;
}

void ConfigUpdate::end_turn() const {
  const std::lock_guard lock(mutex_);
  updating_ = false;
  changed_.notify_one();
}

void ConfigUpdate::acknowledge(const std::string& item, const std::string& version, Context& context) const {
  http::Request request;
  request.method = "PUT";
  request.target = "/configcontent/" + http::escape(item) + "?version=" + http::escape(version);
  request.timeout = time_left(context.deadline, kLeastAcknowledgeTime, request_limit_);
  if (context.call.rehearse) {
    (void)context.call.rehearse({request.method, request.target, "", "server"});
    return;
  }
  try {
    const auto response = server_.send(request, context.call.stop);
    if (response.status >= 200 && response.status < 300) {
      context.log.debug("config item " + item + " acknowledged");
    } else {
      context.log.warn("config item " + item + " not acknowledged: the server answered " +
                       std::to_string(response.status));
    }
  } catch (const http::TransportError& error) {
    // The event that repeats the item is the retry; an error reply would only hide that.
    context.log.warn("config item " + item + " not acknowledged: " + error.what());
  }
}

}  // namespace cattle::handlers
