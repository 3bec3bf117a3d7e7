// SPDX-License-Identifier: Apache-2.0
#include "config/state_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace cattle::config {
namespace {

constexpr std::uintmax_t kMostBytes = 1U << 20U;

[[noreturn]] void fail(const std::string& action, const std::string& path, int error) {
  throw StateFileError("cannot " + action + " " + path + ": " + std::generic_category().message(error));
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags, mode_t mode)
      : number_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {
    if (number_ < 0) fail("open", path, errno);
  }
  ~Descriptor() { ::close(number_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

void write_all(const Descriptor& file, const std::string& path, const std::string& content) {
  std::size_t done = 0;
  while (done < content.size()) {
    const auto written = ::write(file.number(), content.data() + done, content.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write", path, errno);
    done += static_cast<std::size_t>(written);
  }
  if (::fsync(file.number()) != 0) fail("sync", path, errno);
}

}  // namespace

std::string other_than_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status) || std::filesystem::is_regular_file(status)) return {};
  return std::filesystem::is_directory(status) ? "a directory" : "a pipe or a device";
}

std::optional<std::string> read_state_file_as_it_is(const std::string& path) {
  if (const auto other = other_than_file(path); !other.empty())
    throw StateFileError("cannot read " + path + ": it is " + other + ", not a file");
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory)
    return std::nullopt;
  if (error) fail("read", path, error.value());
  if (size > kMostBytes) throw StateFileError("cannot read " + path + ": larger than 1 MiB");
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (size > 0) text << file.rdbuf();
  if (!file) fail("read", path, errno);
  return text.str();
}

std::optional<std::string> read_state_file(const std::string& path) {
  const auto content = read_state_file_as_it_is(path);
  return content ? std::optional(without_space_around(*content)) : std::nullopt;
}

std::string without_space_around(const std::string& content) {
  constexpr auto kSpace = " \t\r\n";
  const auto first = content.find_first_not_of(kSpace);
  if (first == std::string::npos) return {};
  return content.substr(first, content.find_last_not_of(kSpace) - first + 1);
}

void write_state_file(const std::string& path, const std::string& content, mode_t mode) {
  const std::filesystem::path target(path);
  const auto directory = target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) fail("create directory", directory.string(), error.value());
  const auto beside = path + ".new." + std::to_string(::getpid());
  try {
    const Descriptor file(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
    if (::fchmod(file.number(), mode) != 0) fail("set the mode of", beside, errno);
    write_all(file, beside, content);
  } catch (...) {
    ::unlink(beside.c_str());
    throw;
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    const int cause = errno;
    ::unlink(beside.c_str());
    fail("replace", path, cause);
  }
  const Descriptor parent(directory.string(), O_RDONLY | O_DIRECTORY, 0);
  if (::fsync(parent.number()) != 0) fail("sync", directory.string(), errno);
}

}  // namespace cattle::config
