// SPDX-License-Identifier: Apache-2.0
#include "config/hostname.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace cattle::config {

std::string fully_qualified(const std::string& name, const std::filesystem::path& hosts_file) {
  if (name.find('.') != std::string::npos) return name;
  std::ifstream in(hosts_file);
  std::string line;
  while (std::getline(in, line)) {
    line.erase(std::min(line.find('#'), line.size()));
    std::istringstream fields(line);
    std::string address;
    fields >> address;
    const std::vector<std::string> names{std::istream_iterator<std::string>(fields), {}};
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    // "127.0.0.1 localhost myhost" must not rename the host to localhost.
    return names.front().starts_with("localhost") ? name : names.front();
  }
  return name;
}

std::string local_hostname() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name.front() == '\0') return "localhost";
  return fully_qualified(name.data(), "/etc/hosts");
}

}  // namespace cattle::config
