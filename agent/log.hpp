// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace cattle::agent {

enum class Level : std::uint8_t { debug, info, warn, error };

struct LogOptions {
  std::string file;    ///< Rotated by size, mode 0640; no file when empty.
  bool debug = false;  ///< Debug lines on stdout, and pings at all.
  bool to_stdout = true;
  std::size_t rotate_at = 20U << 20U;  ///< Bytes.
  std::size_t rotated_files = 2;
  std::size_t waiting_lines = 8'192;  ///< Lines that wait for a slow disk or pipe, at most.
};

/// agent.log. Lines are written by a thread of its own, so that no caller ever waits for a disk or a pipe: a
/// full backlog loses lines and says how many. Identical lines in a row are folded with a count.
///
/// stdout shows info and above; the file has debug too (each call to the engine), so that `cattle-agent
/// explain` can tell an event's story at any time. Any thread.
class AgentLog {
 public:
  explicit AgentLog(const LogOptions& options);
  ~AgentLog();  ///< Writes what waits.
  AgentLog(const AgentLog&) = delete;
  AgentLog& operator=(const AgentLog&) = delete;

  /// Control characters in `line` are made visible, so that no text of a server can forge a second line.
  void write(Level level, std::string_view line);
  void debug(std::string_view line) { write(Level::debug, line); }
  void info(std::string_view line) { write(Level::info, line); }
  void warn(std::string_view line) { write(Level::warn, line); }
  void error(std::string_view line) { write(Level::error, line); }
  /// Waits until every line so far is written, a pending count included; `limit` at most.
  void flush(std::chrono::milliseconds limit = std::chrono::seconds(10));
  [[nodiscard]] bool shows_debug() const;

 private:
  class Writer;
  std::unique_ptr<Writer> writer_;
};

/// `text` on one line: control characters escaped, cut to `most` bytes.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t most = 4'096);

}  // namespace cattle::agent
