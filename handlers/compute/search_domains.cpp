// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/search_domains.hpp"

#include <fstream>
#include <sstream>

namespace cattle::handlers {

std::vector<std::string> read_search_domains(const std::string& resolv_conf) {
  std::vector<std::string> domains;
  std::ifstream file(resolv_conf);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word;
    // As the resolver reads it: the keyword stands at the very beginning.
    if (!line.starts_with("search") || !(words >> word) || word != "search") continue;
    while (words >> word) domains.push_back(word);
  }
  return domains;
}

}  // namespace cattle::handlers
