// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/api_root.hpp"

#include "docker-client/http/url.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace cattle::agent::registration {

std::optional<std::string> api_root(const std::string& url) {
  const auto parsed = http::parse_url(url);
  if (!parsed) return std::nullopt;
  constexpr std::array<std::string_view, 2> kVersions{"v1", "v2-beta"};
  std::string path;
  std::string_view rest(parsed->path);
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const auto segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size());
    if (segment.empty()) continue;
    path.append("/").append(segment);
    if (std::find(kVersions.begin(), kVersions.end(), segment) != kVersions.end())
      return parsed->origin() + path;
  }
  return std::nullopt;
}

bool names_this_machine(const std::string& url) {
  const auto parsed = http::parse_url(url);
  return parsed && (parsed->host == "127.0.0.1" || parsed->host == "localhost" || parsed->host == "::1");
}

std::string with_origin_of(const std::string& url, const std::string& given) {
  const auto theirs = http::parse_url(url);
  const auto ours = http::parse_url(given);
  if (!theirs || !ours || theirs->host != ours->host || theirs->origin() == ours->origin()) return url;
  const bool default_port = theirs->port == (theirs->scheme == "https" ? "443" : "80");
  return default_port || theirs->port == ours->port ? ours->origin() + theirs->path : url;
}

}  // namespace cattle::agent::registration
