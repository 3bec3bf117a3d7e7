// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace cattle::agent {

/// Passes lines on to other sinks; of identical ones in a row only the first, and how many more there were
/// once another line comes, at flush(), and every `report_every` while it goes on. (spdlog's own filter
/// forgets the count at the end.)
class FoldingSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  FoldingSink(std::vector<spdlog::sink_ptr> sinks, std::chrono::milliseconds report_every);

  /// Some repetitions have not been told yet.
  [[nodiscard]] bool holds_count() const { return repeated_ > 0; }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override;
  void set_pattern_(const std::string& pattern) override;
  void set_formatter_(std::unique_ptr<spdlog::formatter> formatter) override;

 private:
  void pass_on(const spdlog::details::log_msg& message);
  void tell_count();

  std::vector<spdlog::sink_ptr> sinks_;
  std::chrono::milliseconds report_every_;
  std::string last_;
  spdlog::level::level_enum last_level_ = spdlog::level::off;
  std::size_t repeated_ = 0;
  std::chrono::steady_clock::time_point told_;
};

}  // namespace cattle::agent
