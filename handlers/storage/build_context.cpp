// SPDX-License-Identifier: Apache-2.0
#include "handlers/storage/build_context.hpp"

#include "docker-client/http/client.hpp"
#include "docker-client/http/url.hpp"
#include "handlers/errors.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
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

http::Request request_for(const http::Url& url, const BuildContextLimits& limits) {
  http::Request request;
  request.target = url.path + (url.query.empty() ? "" : "?" + url.query);
  request.timeout = limits.whole;
  request.idle_timeout = limits.idle;
  return request;
}

void download(const http::Url& url, const OwnFile& file, const BuildContextLimits& limits,
              const std::stop_token& stop) {
  http::ClientOptions options;
  options.base_url = url.origin();
  options.username = url.user;
  options.password = url.password;
  options.connect_timeout = limits.connect;
  const http::Client client(options);
  std::int64_t size = 0;
  http::StreamSink sink;
  sink.on_bytes = [&](std::string_view bytes) {
    size += static_cast<std::int64_t>(bytes.size());
    if (size > limits.bytes) {
      throw OperationError("The build context at " + url.origin() + url.path + " has more than " +
                           std::to_string(limits.bytes) + " bytes");
    }
    file.write(bytes);
  };
  const auto response = client.stream(request_for(url, limits), sink, stop);
  if (response.status < 200 || response.status > 299) {
    throw OperationError("The build context at " + url.origin() + url.path + " was answered with status " +
                         std::to_string(response.status));
  }
}

}  // namespace

BuildContext::BuildContext(const std::string& url, const std::string& dir, const BuildContextLimits& limits,
                           const std::stop_token& stop) {
  const auto parsed = http::parse_url(url);
  if (!parsed || (parsed->scheme != "http" && parsed->scheme != "https")) {
    throw OperationError("The build context is not an http or https URL");
  }
  const OwnFile file(dir);
  try {
    download(*parsed, file, limits, stop);
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
