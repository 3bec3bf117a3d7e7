// SPDX-License-Identifier: Apache-2.0
// Who may listen to what (cattle-protocol 1.1 to 1.5, E21).
#include "lab/api.hpp"

#include <algorithm>
#include <regex>

namespace cattle::lab {
namespace {

struct Qualifier {
  std::string text;
  std::optional<std::int64_t> agent;
};

bool is_raw(const Caller& caller) {
  return caller.kind == "service" || caller.kind == "superadmin";
}

}  // namespace

std::variant<Audience, Response> Api::subscribe(const Request& request) {
  const auto caller = caller_of(request);
  if (!caller) {
    Response refused = unauthorized(request);
    add_headers(request, caller, refused);
    return refused;
  }
  const auto refuse = [&](Response response) {
    add_headers(request, caller, response);
    return response;
  };
  const std::string project = request.project.empty() ? request.header("x-api-project-id") : request.project;
  Qualifier qualifier;
  if (!project.empty()) {
    const auto id = plain_id(project);
    if (!id || !core_.accounts.reaches(*caller, *id)) return refuse(error_response(403, "Forbidden"));
    qualifier.text = "account=" + std::to_string(*id);
  } else if (caller->kind == "agent" && !caller->project) {
    AgentRefusal refusal;
    qualifier.agent = core_.agents.resolve(*caller, refusal);
    if (!qualifier.agent) return refuse(error_response(refusal.status, refusal.code, "", refusal.field));
    qualifier.text = "agent=" + std::to_string(*qualifier.agent);
  } else if (caller->kind == "user") {
    return refuse(error_response(404, "NotFound", "Not Found"));
  } else {
    qualifier.text = "account=" + std::to_string(caller->project.value_or(caller->account));
  }
  Audience out;
  out.account = caller->account;
  out.agent = qualifier.agent;
  out.version = request.version;
  out.base = request.base + "/" + request.version;
  out.project = project;
  out.raw = is_raw(*caller);
  out.administrator = caller->kind == "admin" || caller->kind == "superadmin";
  static const std::regex kName("[A-Za-z0-9._*;=]+");
  for (const auto& [key, value] : request.params) {
    if (key != "eventNames") continue;
    if (!std::regex_match(value, kName))
      return refuse(error_response(422, "InvalidCharacters", "", "eventNames"));
    out.names.insert(out.raw ? value : value.substr(0, value.find(';')) + ";" + qualifier.text);
  }
  return out;
}

}  // namespace cattle::lab
