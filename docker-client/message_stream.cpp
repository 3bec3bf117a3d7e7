// SPDX-License-Identifier: Apache-2.0
#include "docker-client/message_stream.hpp"

#include "docker-client/error.hpp"

#include <utility>

namespace cattle::docker {
namespace {

constexpr std::size_t kMaxLine = std::size_t{16} << 20;

}  // namespace

MessageStream::MessageStream(std::string operation, OnMessage on_message)
    : operation_(std::move(operation)), on_message_(std::move(on_message)) {}

void MessageStream::feed(std::string_view bytes) {
  for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
    if (rest_.size() + end > kMaxLine) break;
    if (rest_.empty()) {
      take(bytes.substr(0, end));
    } else {
      rest_ += bytes.substr(0, end);
      take(rest_);
      rest_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
  if (rest_.size() + bytes.size() > kMaxLine) {
    throw Error(ErrorKind::bad_response, 0, operation_,
                "a line of the engine's stream is longer than 16 MiB");
  }
  rest_ += bytes;
}

void MessageStream::finish() {
  take(rest_);
  rest_.clear();
}

void MessageStream::take(std::string_view line) {
  if (line.empty()) return;
  const auto message = nlohmann::json::parse(line.begin(), line.end(), nullptr, false);
  if (message.is_object()) on_message_(message);
}

}  // namespace cattle::docker
