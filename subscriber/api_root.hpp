// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/connection.hpp"

#include <stop_token>
#include <string>

namespace cattle::subscriber {

/// A server's address taken apart: what is common to all versions and projects, and the project if one was in
/// it.
struct ApiRoot {
  std::string server;   ///< Without version and trailing slash.
  std::string project;  ///< "1a5" or empty.
};

/// "http://h/v1/projects/1a5/" is server "http://h", project "1a5".
[[nodiscard]] ApiRoot split_api_root(std::string url);

/// What the projects of a key tell about where to subscribe.
struct ProjectChoice {
  std::string project;    ///< The only one; else empty.
  std::string complaint;  ///< Names those there are, when a person must choose.
};

/// `connection.url` is the API root of a version. Throws http::TransportError and std::runtime_error when
/// there is no answer to judge by; then it is worth asking again.
[[nodiscard]] ProjectChoice choose_project(const Connection& connection, const std::stop_token& stop);

}  // namespace cattle::subscriber
