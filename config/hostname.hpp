// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace cattle::config {

/// What `hostname -f` says on a host whose own name is in the hosts file: the first name of the first line
/// that lists `name`. `name` itself where there is none. DNS is not asked, since a slow resolver would delay
/// the subscription.
[[nodiscard]] std::string fully_qualified(const std::string& name, const std::filesystem::path& hosts_file);

/// The kernel's host name, fully qualified as above.
[[nodiscard]] std::string local_hostname();

}  // namespace cattle::config
