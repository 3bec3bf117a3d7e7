// SPDX-License-Identifier: Apache-2.0
#include "cattle/subscriber/event.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cattle::subscriber {
namespace {

using nlohmann::json;

constexpr int kDeepest =
    200;  // A real event is some 12 deep; without a bound a frame of brackets eats gigabytes.
/// A large real event has some thousands. Each costs some 40 bytes, so that 64 MiB of them are gigabytes.
constexpr int kMostValues = 2'000'000;
constexpr std::int64_t kDefaultTimeout = 45'000;
constexpr std::int64_t kLongestTimeout = 24LL * 3600 * 1000;

const json* field(const json& envelope, const char* key) {
  const auto found = envelope.find(key);
  return found == envelope.end() || found->is_null() ? nullptr : &*found;
}

std::string text(const json& envelope, const char* key) {
  const json* value = field(envelope, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

/// Numbers are taken as their digits: the id is only ever echoed and compared.
std::optional<std::string> id_text(const json& envelope, const char* key) {
  const json* value = field(envelope, key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  if (value->is_number_integer()) return value->dump();
  return std::nullopt;
}

json object_or_null(json& envelope, const char* key) {
  const auto found = envelope.find(key);
  return found != envelope.end() && found->is_object() ? std::move(*found) : json();
}

std::optional<double> number(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto& digits = value.get_ref<const std::string&>();
  double parsed = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return parsed;
}

std::chrono::milliseconds timeout_of(const json& envelope) {
  const json* value = field(envelope, "timeoutMillis");
  const auto given = value == nullptr ? std::nullopt : number(*value);
  if (!given || !std::isfinite(*given) || *given < 1) return std::chrono::milliseconds(kDefaultTimeout);
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(std::min(*given, static_cast<double>(kLongestTimeout))));
}

std::int64_t time_of(const json& envelope) {
  const json* value = field(envelope, "time");
  return value != nullptr && value->is_number_integer() ? value->get<std::int64_t>() : 0;
}

/// Up to where it is valid JSON; what comes after never gets to be read. The library's own way to bound depth
/// and number, a callback, looks at each element so far whenever one ends: a list of a million objects takes
/// hours.
void check_size(std::string_view frame) {
  int depth = 0;
  int values = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < frame.size(); ++at) {
    const char c = frame[at];
    if (c == '"') in_string = !in_string;
    if (in_string && c == '\\') ++at;
    if (in_string) continue;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (c == '[' || c == '{' || c == ',') ++values;
    if (depth > kDeepest) throw FrameError("nested too deeply");
    if (values > kMostValues) throw FrameError("too many values");
  }
}

json parse(std::string_view frame) {
  check_size(frame);
  try {
    return json::parse(frame.begin(), frame.end());
  } catch (const json::parse_error& error) {
    // Its own text quotes the content, which may hold a secret.
    throw FrameError("not JSON (byte " + std::to_string(error.byte) + ")");
  } catch (const json::out_of_range&) {
    throw FrameError("a number in it is too large");
  }
}

}  // namespace

Event decode_event(std::string_view frame, std::chrono::steady_clock::time_point received) {
  json envelope = parse(frame);
  if (!envelope.is_object()) throw FrameError("not a JSON object");

  Event event;
  event.received = received;
  const std::string name = text(envelope, "name");
  event.name = name.substr(0, name.find(';'));
  if (event.name.empty()) throw FrameError("name: expected a string that is not empty");
  event.id = text(envelope, "id");
  event.reply_to = text(envelope, "replyTo");
  if (event.id.empty() && event.wants_reply()) throw FrameError("id: expected a string that is not empty");
  event.resource_id = id_text(envelope, "resourceId");
  event.resource_type = id_text(envelope, "resourceType");
  event.timeout = timeout_of(envelope);
  event.time = time_of(envelope);
  event.data = object_or_null(envelope, "data");
  event.context = object_or_null(envelope, "context");
  return event;
}

}  // namespace cattle::subscriber
