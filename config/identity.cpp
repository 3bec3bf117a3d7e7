// SPDX-License-Identifier: Apache-2.0
#include "config/identity.hpp"

#include "config/config.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

namespace cattle::config {
namespace {

constexpr std::size_t kLongest = 128;

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// Not only UUIDs: operators set identities of their own, and servers keep what they were told first.
bool plausible(const std::string& text) {
  return !text.empty() && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string read(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return {};
  std::ifstream in(file);
  if (!in) throw ConfigError(file.string() + " can't be read: it holds this host's identity");
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

[[noreturn]] void fail(const std::filesystem::path& file, int code) {
  throw ConfigError(file.string() + " can't be written: " + std::system_category().message(code));
}

void write_atomically(const std::filesystem::path& file, const std::string& content) {
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  std::string temporary = file.string() + ".XXXXXX";
  const int descriptor = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (descriptor < 0) fail(file, errno);
  const auto written = ::write(descriptor, content.data(), content.size());
  bool good = written == static_cast<ssize_t>(content.size());
  good = ::fchmod(descriptor, 0644) == 0 && good;
  good = ::fsync(descriptor) == 0 && good;
  good = ::close(descriptor) == 0 && good;
  if (good && ::rename(temporary.c_str(), file.c_str()) == 0) return;
  const int code = errno;
  ::unlink(temporary.c_str());
  fail(file, code);
}

}  // namespace

std::string identity(const std::filesystem::path& file, const std::optional<std::string>& given) {
  const std::string content = read(file);
  std::string wanted = given ? trimmed(*given) : trimmed(content);
  if (wanted.empty()) wanted = boost::uuids::to_string(boost::uuids::random_generator()());
  if (!plausible(wanted)) {
    throw ConfigError(
        (given ? "the variable for " + file.string() : file.string()) +
        " holds no identity: one word of printable characters is expected; restore it or remove the file");
  }
  if (trimmed(content) != wanted) write_atomically(file, wanted);
  return wanted;
}

}  // namespace cattle::config
