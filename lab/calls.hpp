// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/bus.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace cattle::lab {

/// An event that somebody waits for.
struct CallSpec {
  std::string name;
  std::int64_t agent = 0;
  nlohmann::json resource_type;  ///< String or null.
  nlohmann::json resource_id;    ///< API id or null.
  nlohmann::json data;
  nlohmann::json context;  ///< Object, or null for none.
  Milliseconds timeout{45'000};
  int sends = 1;                  ///< All with the same id, `timeout` apart.
  bool progress_extends = false;  ///< A progress reply grants one more full period.
  std::function<void(const nlohmann::json& reply)> on_progress;
};

enum class Answer : std::uint8_t { success, error, timeout };

struct Outcome {
  Answer answer = Answer::timeout;
  nlohmann::json reply;  ///< The final one; null after a time-out.
  std::string message;   ///< Of an error, as the server shows it.
  std::string event_id;
};

/// Sends events that want an answer and matches the replies: by the reply's name and by previousIds[0], from
/// whatever connection they come; all others are dropped without a word (cattle-protocol 3.4).
class Calls {
 public:
  Calls(boost::asio::io_context& io, const Settings& settings, Ids& ids, Bus& bus)
      : io_(io), settings_(settings), ids_(ids), bus_(bus) {}

  boost::asio::awaitable<Outcome> call(CallSpec spec);
  /// True when somebody waited for it.
  bool deliver(const nlohmann::json& reply);
  void abandon_all();  ///< Every pending call times out now; for a restart.

 private:
  struct Pending {
    std::string event_id;
    boost::asio::steady_timer* timer;
    nlohmann::json final_reply;
    bool progressed = false;
    bool progress_wanted = false;
    bool abandoned = false;
    std::function<void(const nlohmann::json&)> on_progress;
  };
  boost::asio::awaitable<void> wait_for_answer(const CallSpec& spec, Pending& pending);
  nlohmann::json event_of(const CallSpec& spec, const std::string& reply_to) const;

  boost::asio::io_context& io_;
  const Settings& settings_;
  Ids& ids_;
  Bus& bus_;
  std::map<std::string, Pending*> pending_;
  std::vector<std::string> free_addresses_;  ///< Reply addresses are used again, as in the real server.
};

}  // namespace cattle::lab
