// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cattle::lab {

/// A request with its target taken apart.
struct Request {
  std::string method;
  std::string version;  ///< "v1" or "v2-beta"; empty outside the API.
  std::vector<std::string>
      path;             ///< Decoded segments behind the version, project prefix cut off, empty ones dropped.
  std::string project;  ///< From /projects/<id>/..., ?projectId= or X-API-Project-Id.
  std::vector<std::pair<std::string, std::string>> params;
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  std::string body;
  std::string base;  ///< scheme://host of the request, as the client wrote it.
  std::string peer;  ///< The client's address.

  [[nodiscard]] std::string param(const std::string& name) const;   ///< The first; empty without.
  [[nodiscard]] std::string header(const std::string& name) const;  ///< Empty without.
  /// The first segment in the form that names a collection whatever its case and number: "subscribe",
  /// "container".
  [[nodiscard]] std::string collection() const;
};

struct Response {
  int status = 200;
  std::string type = "application/json; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// nullopt when the target can't be read.
[[nodiscard]] bool read_target(const std::string& target, Request& request);

[[nodiscard]] Response json_response(int status,
                                     const nlohmann::json& body);  ///< Slashes escaped, as the servers do.
[[nodiscard]] Response error_response(int status, const std::string& code, const std::string& message = "",
                                      const std::string& field = "");
[[nodiscard]] Response not_found();

[[nodiscard]] std::string lowered(std::string text);

}  // namespace cattle::lab
