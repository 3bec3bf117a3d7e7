// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

namespace cattle::handlers {

struct CloudInstanceOptions {
  std::string sys = "/sys";
  std::string metadata_url = "http://169.254.169.254";
  std::string aliyun_metadata_url = "http://100.100.100.200";
  std::chrono::milliseconds request_limit{1'000};
};

/// The id by which the cloud knows this machine; a copy of its disk gets another. Empty where no firmware
/// says that this is a cloud's machine (nothing is asked then), and when its metadata service has no good
/// answer. One or two requests.
[[nodiscard]] std::string cloud_instance_id(const CloudInstanceOptions& options, const std::stop_token& stop);

}  // namespace cattle::handlers
