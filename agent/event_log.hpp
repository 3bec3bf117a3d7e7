// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/log.hpp"
#include "agent/redaction.hpp"
#include "cattle/subscriber/event.hpp"
#include "docker-client/call.hpp"
#include "handlers/context.hpp"
#include "handlers/route.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace cattle::agent {

/// Lines of one event: each begins with `event=<id>` and, once known, `container=<12 hex digits>`, which is
/// what `cattle-agent explain` goes by. Texts that the event holds as secrets are starred wherever they turn
/// up. Lines of a ping are written only when debug lines are shown. Any thread.
class EventLog : public handlers::EventLog {
 public:
  /// `quiet`: a ping. `key` may name the container. Log and event outlive this.
  EventLog(AgentLog& log, const subscriber::Event& event, const handlers::ResourceKey& key, bool quiet);

  void debug(std::string_view message) override { line(Level::debug, message); }
  void info(std::string_view message) override { line(Level::info, message); }
  void warn(std::string_view message) override { line(Level::warn, message); }
  void container(std::string_view docker_id) override;

  /// First line: what it is about, and the server's own process, by which a person finds the way back (E7).
  void taken(std::string_view admission);
  /// The only line, or the last one: it was not run.
  void dropped(std::string_view reason);
  void call(const docker::CallRecord& record);
  /// What the event holds as secret, starred.
  [[nodiscard]] std::string redacted(std::string_view text) const { return redaction_.apply(text); }

 private:
  [[nodiscard]] std::string instance() const;
  [[nodiscard]] bool shows(Level level) const;
  void line(Level level, std::string_view message);
  void write(Level level, std::string_view message);

  AgentLog& log_;
  const subscriber::Event& event_;
  const bool quiet_;
  std::string uuid_;  ///< Of the instance that it is about; "" when it is about another thing.
  Redaction redaction_;
  mutable std::mutex mutex_;
  std::string container_;
};

}  // namespace cattle::agent
