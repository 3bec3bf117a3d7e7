// SPDX-License-Identifier: Apache-2.0
#include "agent/explain.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iomanip>
#include <map>
#include <optional>
#include <set>
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

/// What one event had to do with, as far as its lines tell.
struct Concerns {
  std::set<std::string> containers;  ///< Short ids.
  std::set<std::string> instances;   ///< Uuids.
  std::set<std::string> names;       ///< Of instances and of containers, without slash.
};

std::string without_slash(const std::string& name) {
  return name.starts_with('/') ? name.substr(1) : name;
}

void note(const Line& line, Concerns& concerns) {
  if (!line.container.empty()) concerns.containers.insert(line.container);
  // Other lines may quote anything.
  constexpr std::array<std::string_view, 3> kTelling{"taken: ", "dropped: ", "container: "};
  if (std::none_of(kTelling.begin(), kTelling.end(),
                   [&line](std::string_view beginning) { return line.text.starts_with(beginning); })) {
    return;
  }
  constexpr std::string_view kInstance = "instance=";
  constexpr std::string_view kName = "name=";
  std::istringstream in(line.text);
  std::string word;
  while (in >> word) {
    if (word.back() == ',') word.pop_back();  // ", waits behind 2 for ..." comes after it.
    if (word.starts_with(kInstance)) concerns.instances.insert(word.substr(kInstance.size()));
    if (word.starts_with(kName)) concerns.names.insert(without_slash(word.substr(kName.size())));
  }
}

bool begins(const std::string& whole, const std::string& subject) {
  return whole == subject || (subject.size() >= kShortestBeginning && whole.starts_with(subject));
}

bool is_about(const Concerns& concerns, const std::string& subject) {
  const auto any = [](const std::set<std::string>& words, const std::string& wanted) {
    return std::any_of(words.begin(), words.end(),
                       [&wanted](const std::string& word) { return begins(word, wanted); });
  };
  return any(concerns.containers, subject.substr(0, kShortContainer)) || any(concerns.instances, subject) ||
         concerns.names.contains(without_slash(subject));
}

bool meet(const std::set<std::string>& left, const std::set<std::string>& right) {
  return std::any_of(left.begin(), left.end(),
                     [&right](const std::string& word) { return right.contains(word); });
}

/// The events to tell: those that the subject names, and with a container each one that had to do with it or
/// with its instance, by whatever name.
std::set<std::string> chosen(const std::map<std::string, Concerns>& events, const std::string& subject) {
  std::set<std::string> found;
  Concerns wanted;
  for (const auto& [event, concerns] : events) {
    if (begins(event, subject)) found.insert(event);
    if (!is_about(concerns, subject)) continue;
    wanted.containers.insert(concerns.containers.begin(), concerns.containers.end());
    wanted.instances.insert(concerns.instances.begin(), concerns.instances.end());
    found.insert(event);
  }
  for (const auto& [event, concerns] : events) {
    if (meet(concerns.containers, wanted.containers) || meet(concerns.instances, wanted.instances))
      found.insert(event);
  }
  return found;
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
  std::map<std::string, Concerns> events;
  for_each_line(log_file, [&](const Line& line) { note(line, events[line.event]); });
  const auto wanted = chosen(events, subject);
  std::map<std::string, std::vector<Line>> stories;
  std::vector<std::string> order;
  for_each_line(log_file, [&](const Line& line) {
    if (!wanted.contains(line.event)) return;
    const auto [story, first] = stories.try_emplace(line.event);
    if (first) order.push_back(line.event);
    story->second.push_back(line);
  });
  for (const auto& event : order) tell(event, stories.at(event), out);
  return !order.empty();
}

}  // namespace cattle::agent
