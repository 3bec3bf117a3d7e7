// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/http/client.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace cattle::handlers {

/// Where a virtual machine runs, as its firmware says.
struct CloudHint {
  enum class Kind : std::uint8_t { aws, aliyun, generic };
  Kind kind = Kind::generic;
  std::string provider;  ///< "aws", "aliyun", "openstack", "gce" ...
};

/// One question to a cloud's metadata service. nullopt: no answer, or not a good one; which of them makes no
/// difference to somebody who asks again later.
[[nodiscard]] std::optional<std::string> ask_metadata(const http::Client& client,
                                                      const http::Request& request,
                                                      const std::stop_token& stop);

/// Machines set up for version 2 of AWS's service answer only with a token; older ones know none, and the
/// request stays as it is.
void add_aws_token(const http::Client& metadata, http::Request& request, const std::stop_token& stop);

/// From the DMI files below `sys` alone; nullopt: nothing says that this is a cloud's machine. Costs no
/// network call.
[[nodiscard]] std::optional<CloudHint> cloud_hint(const std::string& sys);

struct CloudProviderOptions {
  std::string sys = "/sys";
  std::string file;  ///< `<state dir>/info.json`.
  std::string metadata_url = "http://169.254.169.254";
  std::string aliyun_metadata_url = "http://100.100.100.200";
  std::chrono::milliseconds request_limit{1'000};
  std::chrono::milliseconds interval{30'000};
  int attempts = 6;
};

/// Finds out in the background, once in a host's life, which cloud, region and zone the host is in, and
/// leaves the labels in a file that every later ping reads (6.7). Nothing is asked when the file is there or
/// without a hint.
class CloudProvider {
 public:
  explicit CloudProvider(CloudProviderOptions options);
  ~CloudProvider();
  CloudProvider(const CloudProvider&) = delete;
  CloudProvider& operator=(const CloudProvider&) = delete;

  /// For tests: the background work, if there was any, has ended within `limit`.
  [[nodiscard]] bool wait_until_done(std::chrono::milliseconds limit);

 private:
  using Labels = std::map<std::string, std::string>;
  void run(const CloudHint& hint, const std::stop_token& stop);
  [[nodiscard]] std::optional<Labels> ask(const CloudHint& hint, const std::stop_token& stop) const;
  [[nodiscard]] std::optional<Labels> ask_aws(const std::stop_token& stop) const;
  [[nodiscard]] std::optional<Labels> ask_aliyun(const std::stop_token& stop) const;
  [[nodiscard]] std::optional<Labels> ask_generic(const CloudHint& hint, const std::stop_token& stop) const;
  void write(const Labels& labels) const;

  CloudProviderOptions options_;
  http::Client metadata_;
  http::Client aliyun_metadata_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool done_ = true;
  std::jthread thread_;  // last: joined before what it uses goes
};

}  // namespace cattle::handlers
