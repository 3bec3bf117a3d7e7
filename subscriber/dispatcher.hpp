// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/publisher.hpp"
#include "cattle/subscriber/subscriber.hpp"

#include <map>
#include <string>
#include <vector>

namespace cattle::subscriber {

/// A subscriber's handlers by name, and what becomes of a frame. Filled before the first frame; one thread
/// takes frames.
class Dispatcher {
 public:
  void on(const std::string& event_name, Subscriber::Handler handler) {
    handlers_[event_name] = std::move(handler);
  }
  void answer(const std::string& event_name, Subscriber::Answer answer) {
    answers_[event_name] = std::move(answer);
  }
  void on_trouble(std::function<void(const std::string&)> notice) { trouble_ = std::move(notice); }
  [[nodiscard]] std::vector<std::string> names() const;

  /// Runs the handlers of the frame's event; a reply goes out by `publisher` while the event's time lasts.
  void take(const std::string& frame, std::chrono::steady_clock::time_point received,
            const Publisher& publisher, const std::stop_token& stop) const;

 private:
  void reply(const Event& event, const Subscriber::Answer& answer, const Publisher& publisher,
             const std::stop_token& stop) const;
  void complain(const std::string& sentence) const;

  std::map<std::string, Subscriber::Handler, std::less<>> handlers_;
  std::map<std::string, Subscriber::Answer, std::less<>> answers_;
  std::function<void(const std::string&)> trouble_;
};

}  // namespace cattle::subscriber
