// SPDX-License-Identifier: Apache-2.0
#include "lab/http_message.hpp"

#include <boost/url/parse.hpp>

#include <algorithm>
#include <cctype>

namespace cattle::lab {
namespace {

using nlohmann::json;

/// In JSON a slash can only stand inside a string.
std::string escape_slashes(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '/') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string Request::param(const std::string& name) const {
  for (const auto& [key, value] : params) {
    if (key == name) return value;
  }
  return {};
}

std::string Request::header(const std::string& name) const {
  const auto it = headers.find(name);
  return it == headers.end() ? std::string{} : it->second;
}

std::string Request::collection() const {
  if (path.empty()) return {};
  std::string out = lowered(path.front());
  if (out == "instances" || out == "instance") return "container";
  if (out == "publishes") return "publish";
  if (out == "processes") return "process";
  if (out != "process" && out != "scripts" && out != "schemas" && out.ends_with('s')) out.pop_back();
  return out;
}

bool read_target(const std::string& target, Request& request) {
  const auto url = boost::urls::parse_origin_form(target);
  if (!url) return false;
  for (const auto& segment : url->segments()) {
    if (!std::string_view(segment).empty()) request.path.emplace_back(segment);
  }
  for (const auto& param : url->params()) request.params.emplace_back(param.key, param.value);
  auto& path = request.path;
  if (!path.empty() && (path.front() == "v1" || path.front() == "v2-beta")) {
    request.version = path.front();
    path.erase(path.begin());
  }
  // A path below a project is the same path with the project beside it.
  const bool prefixed =
      path.size() > 2 && (lowered(path.front()) == "projects" || lowered(path.front()) == "project");
  if (prefixed) {
    request.project = path[1];
    path.erase(path.begin(), path.begin() + 2);
  } else if (!request.param("projectId").empty()) {
    request.project = request.param("projectId");
  }
  return true;
}

Response json_response(int status, const json& body) {
  Response out;
  out.status = status;
  out.body = escape_slashes(body.dump(-1, ' ', false, json::error_handler_t::replace));
  return out;
}

Response error_response(int status, const std::string& code, const std::string& message,
                        const std::string& field) {
  json body{{"id", ""},
            {"type", "error"},
            {"links", json::object()},
            {"actions", json::object()},
            {"status", status},
            {"code", code},
            {"message", message.empty() ? code : message},
            {"detail", nullptr}};
  if (!field.empty()) body["fieldName"] = field;
  return json_response(status, body);
}

Response not_found() {
  return error_response(404, "NotFound", "Not Found");
}

std::string lowered(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace cattle::lab
