// SPDX-License-Identifier: Apache-2.0
#include "agent/folding_sink.hpp"

#include <utility>

namespace cattle::agent {

FoldingSink::FoldingSink(std::vector<spdlog::sink_ptr> sinks, std::chrono::milliseconds report_every)
    : sinks_(std::move(sinks)), report_every_(report_every) {}

void FoldingSink::sink_it_(const spdlog::details::log_msg& message) {
  const auto now = std::chrono::steady_clock::now();
  const std::string_view line(message.payload.data(), message.payload.size());
  if (message.level == last_level_ && line == last_) {
    ++repeated_;
    if (now - told_ >= report_every_) tell_count();
    return;
  }
  tell_count();
  last_ = line;
  last_level_ = message.level;
  told_ = now;
  pass_on(message);
}

void FoldingSink::flush_() {
  tell_count();
  for (const auto& output : sinks_) output->flush();
}

void FoldingSink::set_pattern_(const std::string& pattern) {
  for (const auto& output : sinks_) output->set_pattern(pattern);
}

void FoldingSink::set_formatter_(std::unique_ptr<spdlog::formatter> formatter) {
  for (const auto& output : sinks_) output->set_formatter(formatter->clone());
}

void FoldingSink::pass_on(const spdlog::details::log_msg& message) {
  for (const auto& output : sinks_) {
    if (output->should_log(message.level)) output->log(message);
  }
}

void FoldingSink::tell_count() {
  if (repeated_ == 0) return;
  const std::string text = "the line before was repeated " + std::to_string(repeated_) + " times";
  repeated_ = 0;
  told_ = std::chrono::steady_clock::now();
  pass_on(spdlog::details::log_msg(spdlog::string_view_t(), last_level_, text));
}

}  // namespace cattle::agent
