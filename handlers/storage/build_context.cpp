// SPDX-License-Identifier: Apache-2.0
#include "handlers/storage/build_context.hpp"

#include "docker-client/http/client.hpp"
#include "docker-client/http/url.hpp"
#include "handlers/errors.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

namespace cattle::handlers {
namespace {

/// A new, empty file that closes itself.
class OwnFile {
 public:
  explicit OwnFile(const std::string& dir) : path_(dir + "/context-XXXXXX") {
    std::error_code ignored;  // mkstemp tells what is wrong with the directory.
    std::filesystem::create_directories(dir, ignored);
    descriptor_ = mkstemp(path_.data());  // Mode 0600.
    if (descriptor_ < 0) fail("can't be created");
  }
  ~OwnFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OwnFile(const OwnFile&) = delete;
  OwnFile& operator=(const OwnFile&) = delete;

  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0) fail("can't be written");
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw OperationError("File " + path_ + " for a build " + what + ": " +
                         std::generic_category().message(errno));
  }

  std::string path_;
  int descriptor_ = -1;
};

constexpr int kMostRedirects = 5;

bool is_web(const std::optional<http::Url>& url) {
  return url && (url->scheme == "http" || url->scheme == "https");
}

std::string context_at(const http::Url& url) {
  return "The build context at " + url.origin() + url.path;
}

/// The user and password of one URL are also meant for this place; a host's own https may have them, no other
/// port or host.
bool may_have_credentials_of(const http::Url& place, const http::Url& owner) {
  if (place.origin() == owner.origin()) return true;
  return place.host == owner.host && owner.scheme == "http" && owner.port == "80" &&
         place.scheme == "https" && place.port == "443";
}

/// One download, over all the places that it leads through.
class Download {
 public:
  Download(const OwnFile& file, const BuildContextLimits& limits, const std::stop_token& stop)
      : file_(file), limits_(limits), stop_(stop), end_(Clock::now() + limits.whole) {}

  void from(const http::Url& first) {
    auto url = first;
    for (int redirects = 0;; ++redirects) {
      const auto next = visit(url);
      if (!next) return;
      if (redirects == kMostRedirects) {
        throw OperationError(context_at(first) + " leads through more than " +
                             std::to_string(kMostRedirects) + " redirects");
      }
      url = *next;
      if (url.user.empty() && may_have_credentials_of(url, first)) {
        url.user = first.user;
        url.password = first.password;
      }
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// Where it goes on, or nullopt once the context is in the file.
  std::optional<http::Url> visit(const http::Url& url) {
    http::ClientOptions options;
    options.base_url = url.origin();
    options.username = url.user;
    options.password = url.password;
    options.connect_timeout = limits_.connect;
    const http::Client client(options);
    const http::StreamSink sink{{}, [&](std::string_view bytes) { take(url, bytes); }, {}};
    const auto response = client.stream(request_for(url), sink, stop_);
    if (response.status >= 200 && response.status <= 299) return std::nullopt;
    const auto* location = response.header("location");
    if (response.status < 300 || response.status > 399 || location == nullptr) {
      throw OperationError(context_at(url) + " was answered with status " + std::to_string(response.status));
    }
    auto next = http::resolve_url(url, *location);
    if (!is_web(next)) throw OperationError(context_at(url) + " leads to what is not an http or https URL");
    return next;
  }

  [[nodiscard]] http::Request request_for(const http::Url& url) const {
    http::Request request;
    request.target = url.path + (url.query.empty() ? "" : "?" + url.query);
    // Zero would mean no limit.
    request.timeout = std::max(std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now()),
                               std::chrono::milliseconds(1));
    request.idle_timeout = limits_.idle;
    return request;
  }

  void take(const http::Url& url, std::string_view bytes) {
    size_ += static_cast<std::int64_t>(bytes.size());
    if (size_ > limits_.bytes) {
      throw OperationError(context_at(url) + " has more than " + std::to_string(limits_.bytes) + " bytes");
    }
    file_.write(bytes);
  }

  const OwnFile& file_;
  const BuildContextLimits& limits_;
  const std::stop_token& stop_;
  const Clock::time_point end_;
  std::int64_t size_ = 0;
};

}  // namespace

BuildContext::BuildContext(const std::string& url, const std::string& dir, const BuildContextLimits& limits,
                           const std::stop_token& stop) {
  const auto parsed = http::parse_url(url);
  if (!is_web(parsed)) throw OperationError("The build context is not an http or https URL");
  const OwnFile file(dir);
  try {
    Download(file, limits, stop).from(*parsed);
  } catch (...) {
    ::unlink(file.path().c_str());
    throw;
  }
  path_ = file.path();
}

BuildContext::~BuildContext() {
  ::unlink(path_.c_str());
}

}  // namespace cattle::handlers
