// SPDX-License-Identifier: Apache-2.0
#include "cattle/subscriber/reply.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace cattle::subscriber {
namespace {

using nlohmann::json;

json envelope_for(const Event& event) {
  thread_local boost::uuids::random_generator new_id;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  json reply = {{"id", boost::uuids::to_string(new_id())},
                {"name", event.reply_to},
                {"previousIds", json::array({event.id})},
                {"time", std::chrono::duration_cast<std::chrono::milliseconds>(now).count()}};
  if (event.resource_id) reply["resourceId"] = *event.resource_id;
  if (event.resource_type) reply["resourceType"] = *event.resource_type;
  return reply;
}

/// Engine output and file names may hold any byte; the server takes UTF-8 only, and dump() must not throw for
/// it.
std::string serialized(const json& reply) {
  return reply.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// cattle takes "class:<Java class>" at the beginning for an exception type to build (R20).
std::string error_text(std::string_view message) {
  const auto first = message.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "failed without a message";
  message.remove_prefix(first);
  message.remove_suffix(message.size() - 1 - message.find_last_not_of(" \t\r\n"));
  return message.starts_with("class:") ? "error: " + std::string(message) : std::string(message);
}

}  // namespace

std::string encode_reply(const Event& event, const nlohmann::json& data) {
  if (!data.is_object()) throw std::invalid_argument("data of a reply must be an object");
  json reply = envelope_for(event);
  if (!data.empty()) reply["data"] = data;
  return serialized(reply);
}

std::string encode_error(const Event& event, std::string_view message) {
  json reply = envelope_for(event);
  const std::string text = error_text(message);
  reply["transitioning"] = "error";
  reply["transitioningMessage"] = text;
  reply["transitioningInternalMessage"] = text;
  return serialized(reply);
}

std::string encode_progress(const Event& event, std::string_view message, std::optional<int> percent) {
  json reply = envelope_for(event);
  reply["transitioning"] = "yes";
  reply["transitioningMessage"] = message;
  if (percent) reply["transitioningProgress"] = std::clamp(*percent, 0, 100);
  return serialized(reply);
}

}  // namespace cattle::subscriber
