// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/event.hpp"
#include "handlers/context.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cattle::support {

/// A directory of its own that goes with it. Short, so that sockets fit below it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Writes `content` to a file below it, making directories; returns its path.
  std::string write(const std::string& name, const std::string& content) const;

 private:
  std::string path_;
};

/// Keeps what a handler says.
class RecordingLog : public handlers::EventLog {
 public:
  void debug(std::string_view message) override { keep("debug: ", message); }
  void info(std::string_view message) override { keep("info: ", message); }
  void warn(std::string_view message) override { keep("warn: ", message); }
  void container(std::string_view docker_id) override { keep("container: ", docker_id); }
  [[nodiscard]] bool has(std::string_view part) const;

 private:
  void keep(std::string_view level, std::string_view message);
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

class NoProgress : public handlers::ProgressSink {
 public:
  void report(const std::string& /*message*/, std::optional<int> /*percent*/) override {}
  void repeat() override {}
};

/// What a handler needs beside its event, with 30 s of time.
struct TestContext {
  NoProgress progress;
  RecordingLog log;
  handlers::Context context;
  TestContext();
};

/// An event that wants a reply.
[[nodiscard]] subscriber::Event make_event(const std::string& name, nlohmann::json data);

}  // namespace cattle::support
