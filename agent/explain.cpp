// SPDX-License-Identifier: Apache-2.0
#include "agent/explain.hpp"

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iomanip>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace cattle::agent {
namespace {

constexpr std::size_t kShortContainer = 12;
constexpr std::size_t kShortestBeginning = 8;

/// "2026-11-24T23:31:22.123+00:00 info  event=<id> container=<id> text"
struct Line {
  std::string time;
  std::string level;
  std::string event;
  std::string container;
  std::string text;
};

std::optional<Line> parse(const std::string& whole) {
  std::istringstream in(whole);
  Line line;
  std::string word;
  in >> line.time >> line.level >> word;
  constexpr std::string_view kEvent = "event=";
  constexpr std::string_view kContainer = "container=";
  if (!word.starts_with(kEvent)) return std::nullopt;
  line.event = word.substr(kEvent.size());
  std::getline(in >> std::ws, line.text);
  if (line.text.starts_with(kContainer)) {
    const auto end = std::min(line.text.find(' '), line.text.size());
    line.container = line.text.substr(kContainer.size(), end - kContainer.size());
    line.text.erase(0, std::min(end + 1, line.text.size()));
  }
  return line;
}

std::optional<std::int64_t> milliseconds(const std::string& time) {
  std::tm parts{};
  std::istringstream in(time);
  char dot = '\0';
  int fraction = 0;
  in >> std::get_time(&parts, "%Y-%m-%dT%H:%M:%S") >> dot >> fraction;
  if (!in || dot != '.') return std::nullopt;
  return static_cast<std::int64_t>(::timegm(&parts)) * 1'000 + fraction;
}

std::vector<std::filesystem::path> files_of(const std::string& log_file) {
  const std::filesystem::path newest(log_file);
  std::vector<std::filesystem::path> files{newest};
  for (int number = 1;; ++number) {
    auto rotated = newest;
    rotated.replace_filename(newest.stem().string() + "." + std::to_string(number) +
                             newest.extension().string());
    std::error_code error;
    if (!std::filesystem::exists(rotated, error)) break;
    files.insert(files.begin(), rotated);
  }
  return files;
}

void for_each_line(const std::string& log_file, const std::function<void(const Line&)>& take) {
  for (const auto& file : files_of(log_file)) {
    std::ifstream in(file);
    if (!in) throw std::runtime_error(file.string() + " can't be read");
    std::string whole;
    while (std::getline(in, whole)) {
      if (const auto line = parse(whole)) take(*line);
    }
  }
}

bool is_about(const Line& line, const std::string& subject) {
  if (line.event == subject) return true;
  if (subject.size() >= kShortestBeginning && line.event.starts_with(subject)) return true;
  return subject.size() >= kShortContainer && line.container == subject.substr(0, kShortContainer);
}

void tell(const std::string& event, const std::vector<Line>& lines, std::ostream& out) {
  out << "event " << event << "\n";
  const auto first = milliseconds(lines.front().time);
  std::string container;
  for (const auto& line : lines) {
    out << "  " << line.time << std::setw(9);
    const auto now = milliseconds(line.time);
    if (first && now) {
      out << "+" + std::to_string(*now - *first) << " ms  ";
    } else {
      out << ""
          << "     ";
    }
    if (line.level != "info" && line.level != "debug") out << line.level << ": ";
    out << line.text;
    if (line.container != container) out << "  [container " << line.container << "]";
    container = line.container;
    out << "\n";
  }
  out << "\n";
}

}  // namespace

bool explain(const std::string& subject, const std::string& log_file, std::ostream& out) {
  std::map<std::string, std::vector<Line>> stories;
  std::vector<std::string> order;
  for_each_line(log_file, [&](const Line& line) {
    if (is_about(line, subject) && stories.try_emplace(line.event).second) order.push_back(line.event);
  });
  // A second time, since lines before the container was known belong to the story, too.
  for_each_line(log_file, [&](const Line& line) {
    if (const auto story = stories.find(line.event); story != stories.end()) story->second.push_back(line);
  });
  for (const auto& event : order) tell(event, stories.at(event), out);
  return !order.empty();
}

}  // namespace cattle::agent
