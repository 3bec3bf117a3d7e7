// SPDX-License-Identifier: Apache-2.0
#include "agent/log.hpp"

#include "agent/folding_sink.hpp"

#include <fcntl.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace cattle::agent {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPattern = "%Y-%m-%dT%H:%M:%S.%e%z %-5l %v";
constexpr auto kTellRepetitionsEvery = 30s;

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

/// Before spdlog opens it, so that the file is never readable by all, not even for a moment.
void create_private(const std::string& file) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(file).parent_path(), error);
  const int descriptor = ::open(file.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0640);
  if (descriptor >= 0) ::close(descriptor);
}

spdlog::sink_ptr file_sink(const LogOptions& options) {
  spdlog::file_event_handlers handlers;
  handlers.before_open = create_private;
  auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_st>(options.file, options.rotate_at,
                                                                     options.rotated_files, false, handlers);
  sink->set_level(spdlog::level::debug);
  return sink;
}

}  // namespace

class AgentLog::Writer {
 public:
  explicit Writer(const LogOptions& options)
      : options_(options),
        outputs_(make_outputs()),
        folding_(std::make_shared<FoldingSink>(outputs_, kTellRepetitionsEvery)),
        logger_("agent", folding_) {
    logger_.set_level(spdlog::level::debug);
    logger_.set_pattern(kPattern);
    logger_.set_error_handler([](const std::string&) {});  // A full disk must not fill stderr.
    if (!file_problem_.empty()) write(Level::warn, file_problem_);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  ~Writer() {
    thread_.request_stop();
    thread_.join();
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void write(Level level, std::string_view line) {
    {
      const std::lock_guard lock(mutex_);
      if (lines_.size() >= options_.waiting_lines) {
        ++lost_;
        return;
      }
      lines_.push_back({level, std::chrono::system_clock::now(), one_line(line)});
    }
    wake_.notify_one();
  }

  void flush(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    const auto wanted = ++flushes_wanted_;
    wake_.notify_one();
    flushed_.wait_for(lock, limit, [&] { return flushes_done_ >= wanted; });
  }

  [[nodiscard]] bool shows_debug() const { return options_.debug; }

 private:
  struct Line {
    Level level;
    std::chrono::system_clock::time_point time;
    std::string text;
  };

  std::vector<spdlog::sink_ptr> make_outputs() {
    std::vector<spdlog::sink_ptr> sinks;
    if (options_.to_stdout) {
      sinks.push_back(std::make_shared<spdlog::sinks::stdout_sink_st>());
      sinks.back()->set_level(options_.debug ? spdlog::level::debug : spdlog::level::info);
    }
    if (options_.file.empty()) return sinks;
    try {
      sinks.push_back(file_sink(options_));
    } catch (const spdlog::spdlog_ex& error) {
      file_problem_ = "agent.log can't be written, going on without: " + std::string(error.what());
    }
    return sinks;
  }

  void run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    const auto something = [this] { return !lines_.empty() || lost_ > 0 || flushes_wanted_ > flushes_done_; };
    while (!stop.stop_requested() || something()) {
      const bool woken = folding_->holds_count()
                             ? wake_.wait_for(lock, stop, kTellRepetitionsEvery, something)
                             : wake_.wait(lock, stop, something);
      write_out(lock, !woken);
    }
    logger_.flush();
  }

  /// Without the lock while it writes.
  void write_out(std::unique_lock<std::mutex>& lock, bool tell_counts) {
    std::deque<Line> lines;
    lines.swap(lines_);
    const auto lost = std::exchange(lost_, 0);
    const auto flushes = flushes_wanted_;
    tell_counts = tell_counts || flushes > flushes_done_;
    lock.unlock();
    for (const auto& line : lines) {
      logger_.log(line.time, spdlog::source_loc{}, spdlog_level(line.level),
                  spdlog::string_view_t(line.text));
    }
    if (lost > 0) logger_.warn("{} lines were lost: the log could not be written fast enough", lost);
    if (tell_counts) logger_.flush();
    // A person who follows the file must see each line at once; a folding count may go on growing meanwhile.
    for (const auto& output : outputs_) output->flush();
    lock.lock();
    flushes_done_ = flushes;
    flushed_.notify_all();
  }

  const LogOptions options_;
  std::string file_problem_;
  std::vector<spdlog::sink_ptr> outputs_;
  std::shared_ptr<FoldingSink> folding_;  // Shared with the logger, whose interface asks for it.
  spdlog::logger logger_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::condition_variable flushed_;
  std::deque<Line> lines_;
  std::size_t lost_ = 0;
  std::uint64_t flushes_wanted_ = 0;
  std::uint64_t flushes_done_ = 0;
  std::jthread thread_;
};

AgentLog::AgentLog(const LogOptions& options) : writer_(std::make_unique<Writer>(options)) {}
AgentLog::~AgentLog() = default;
void AgentLog::write(Level level, std::string_view line) {
  writer_->write(level, line);
}
void AgentLog::flush(std::chrono::milliseconds limit) {
  writer_->flush(limit);
}
bool AgentLog::shows_debug() const {
  return writer_->shows_debug();
}

std::string one_line(std::string_view text, std::size_t most) {
  std::string line;
  const bool cut = text.size() > most;
  if (cut) text = text.substr(0, most);
  line.reserve(text.size());
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      line += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      line += "\\x";
      line += kDigits[byte >> 4U];
      line += kDigits[byte & 0xfU];
    } else {
      line += c;
    }
  }
  if (cut) line += " ...";
  return line;
}

}  // namespace cattle::agent
