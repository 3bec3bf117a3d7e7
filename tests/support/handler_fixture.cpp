// SPDX-License-Identifier: Apache-2.0
#include "tests/support/handler_fixture.hpp"

#include <stdlib.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace cattle::support {

TempDir::TempDir() : path_("/tmp/ch-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary directory");
}

TempDir::~TempDir() {
  std::error_code ignored;  // a file that can't go stays for whoever looks at the test
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::write(const std::string& name, const std::string& content) const {
  const auto path = std::filesystem::path(path_) / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
  return path.string();
}

void RecordingLog::keep(std::string_view level, std::string_view message) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::string(level) + std::string(message));
}

bool RecordingLog::has(std::string_view part) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(lines_.begin(), lines_.end(),
                     [part](const std::string& line) { return line.find(part) != std::string::npos; });
}

TestContext::TestContext() : context{progress, log, {}} {
  context.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
}

subscriber::Event make_event(const std::string& name, nlohmann::json data) {
  subscriber::Event event;
  event.id = "e-1";
  event.name = name;
  event.reply_to = "reply.1";
  event.resource_id = "1a5";
  event.data = std::move(data);
  event.received = std::chrono::steady_clock::now();
  return event;
}

}  // namespace cattle::support
