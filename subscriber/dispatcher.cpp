// SPDX-License-Identifier: Apache-2.0
#include "subscriber/dispatcher.hpp"

#include "cattle/subscriber/reply.hpp"

#include <set>

namespace cattle::subscriber {

std::vector<std::string> Dispatcher::names() const {
  std::set<std::string> names;
  for (const auto& [name, handler] : handlers_) names.insert(name);
  for (const auto& [name, answer] : answers_) names.insert(name);
  return {names.begin(), names.end()};
}

void Dispatcher::take(const std::string& frame, std::chrono::steady_clock::time_point received,
                      const Publisher& publisher, const std::stop_token& stop) const {
  Event event;
  try {
    event = decode_event(frame, received);
  } catch (const FrameError&) {
    return;  // R5: what is no event is passed over.
  }
  if (const auto handler = handlers_.find(event.name); handler != handlers_.end()) {
    try {
      handler->second(event);
    } catch (const std::exception& error) {
      complain("the handler of " + event.name + " failed: " + error.what());
    }
  }
  if (const auto answer = answers_.find(event.name); answer != answers_.end())
    reply(event, answer->second, publisher, stop);
}

void Dispatcher::reply(const Event& event, const Subscriber::Answer& answer, const Publisher& publisher,
                       const std::stop_token& stop) const {
  std::string body;
  try {
    body = encode_reply(event, answer(event));
  } catch (const std::exception& error) {
    body = encode_error(event, error.what());
  }
  if (!event.wants_reply()) return;
  const auto deadline = event.received + event.timeout;
  const auto result = publisher.publish(
      body, [deadline] { return deadline; }, stop);
  if (result.kind != PublishResult::Kind::accepted)
    complain("the reply to " + event.name + " was not taken: " + result.detail);
}

void Dispatcher::complain(const std::string& sentence) const {
  if (trouble_) trouble_(sentence);
}

}  // namespace cattle::subscriber
