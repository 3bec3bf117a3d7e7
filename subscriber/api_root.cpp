// SPDX-License-Identifier: Apache-2.0
#include "subscriber/api_root.hpp"

#include "docker-client/http/client.hpp"
#include "subscriber/http_options.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <vector>

namespace cattle::subscriber {
namespace {

void cut_slashes(std::string& url) {
  while (url.ends_with('/')) url.pop_back();
}

std::string text_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string complaint_about(const std::vector<nlohmann::json>& projects) {
  if (projects.empty()) return "this key is no agent's, and it may see no project";
  std::string names;
  for (const auto& project : projects)
    names += (names.empty() ? "" : ", ") + text_of(project, "id") + " (" + text_of(project, "name") + ")";
  return "this key may see several projects, name one of them: " + names;
}

}  // namespace

ApiRoot split_api_root(std::string url) {
  constexpr std::string_view kProjects = "/projects/";
  ApiRoot root;
  cut_slashes(url);
  const auto slash = url.rfind('/');
  const auto at = url.rfind(kProjects);
  if (at != std::string::npos && slash == at + kProjects.size() - 1) {
    root.project = url.substr(slash + 1);
    url.resize(at);
  }
  for (const std::string_view version : {"/v1", "/v2-beta"})
    if (url.ends_with(version)) url.resize(url.size() - version.size());
  cut_slashes(url);
  root.server = url;
  return root;
}

ProjectChoice choose_project(const Connection& connection, const std::stop_token& stop) {
  const http::Client client(http_options(connection));
  http::Request request;
  request.target = "/projects";
  const auto response = client.send(request, stop);
  if (response.status != 200)
    throw std::runtime_error("GET projects: HTTP " + std::to_string(response.status));
  const auto body = nlohmann::json::parse(response.body, nullptr, false);
  if (!body.is_object() || !body.contains("data") || !body.at("data").is_array())
    throw std::runtime_error("GET projects: the answer is no collection");
  std::vector<nlohmann::json> projects;
  for (const auto& project : body.at("data"))
    if (project.is_object() && (text_of(project, "state").empty() || text_of(project, "state") == "active"))
      projects.push_back(project);
  if (projects.size() == 1 && !text_of(projects.front(), "id").empty())
    return {text_of(projects.front(), "id"), ""};
  return {"", complaint_about(projects)};
}

}  // namespace cattle::subscriber
