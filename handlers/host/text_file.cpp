// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/text_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace cattle::handlers {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// A file beside the final one that goes away unless it was renamed.
class Draft {
 public:
  Draft(const std::string& path, const std::string& content, mode_t mode) : name_(path + ".XXXXXX") {
    const Descriptor file(::mkostemp(name_.data(), O_CLOEXEC));
    if (file.get() < 0) fail("can't create a file beside " + path);
    present_ = true;
    std::size_t written = 0;
    while (written < content.size()) {
      const auto count = ::write(file.get(), content.data() + written, content.size() - written);
      if (count < 0 && errno != EINTR) fail("can't write " + path);
      written += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
    if (::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0) fail("can't write " + path);
  }
  ~Draft() {
    if (present_) ::unlink(name_.c_str());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  void replace(const std::string& path) {
    if (std::rename(name_.c_str(), path.c_str()) != 0) fail("can't put " + path + " in place");
    present_ = false;
  }
  /// link() refuses an existing name, where rename() would take it over.
  [[nodiscard]] bool place_unless_present(const std::string& path) const {
    if (::link(name_.c_str(), path.c_str()) == 0) return true;
    if (errno != EEXIST) fail("can't put " + path + " in place");
    return false;
  }

 private:
  std::string name_;
  bool present_ = false;
};

}  // namespace

std::optional<std::string> read_text_file(const std::string& path, std::size_t limit) {
  // Without O_NONBLOCK, opening a pipe waits for its writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return std::nullopt;
  std::string content;
  std::array<char, 16384> buffer{};
  while (content.size() < limit) {
    const auto count = ::read(file.get(), buffer.data(), std::min(buffer.size(), limit - content.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    content.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return content;
}

bool file_exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

bool place_text_file(const std::string& path, const std::string& content, mode_t mode,
                     WhenPresent when_present) {
  Draft draft(path, content, mode);
  if (when_present == WhenPresent::keep) return draft.place_unless_present(path);
  draft.replace(path);
  return true;
}

}  // namespace cattle::handlers
