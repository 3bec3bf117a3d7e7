// SPDX-License-Identifier: Apache-2.0
// Replies come in (cattle-protocol 3.1 to 3.4).
#include "lab/api.hpp"

#include <algorithm>
#include <regex>

namespace cattle::lab {
namespace {

using nlohmann::json;

struct Field {
  const char* name;
  bool (*right)(const json&);
  bool nullable;
};

bool is_text(const json& value) {
  return value.is_string();
}
bool is_number(const json& value) {
  return value.is_number();
}
bool is_object(const json& value) {
  return value.is_object();
}
bool is_id(const json& value) {
  return value.is_string() || value.is_number();
}
bool is_texts(const json& value) {
  return value.is_array() &&
         std::all_of(value.begin(), value.end(), [](const json& entry) { return entry.is_string(); });
}

constexpr std::array<Field, 12> kFields{{{"name", is_text, false},
                                         {"previousIds", is_texts, false},
                                         {"resourceId", is_id, true},
                                         {"resourceType", is_text, true},
                                         {"data", is_object, true},
                                         {"id", is_text, false},
                                         {"time", is_number, false},
                                         {"publisher", is_text, false},
                                         {"transitioning", is_text, false},
                                         {"transitioningMessage", is_text, true},
                                         {"transitioningInternalMessage", is_text, true},
                                         {"transitioningProgress", is_number, true}}};

std::optional<Response> fault_of(const json& body) {
  for (const Field& field : kFields) {
    const auto it = body.find(field.name);
    if (it == body.end()) continue;
    if (it->is_null()) {
      if (!field.nullable) return error_response(422, "NotNullable", "", field.name);
    } else if (!field.right(*it)) {
      return error_response(422, "InvalidFormat", "", field.name);
    }
  }
  if (!body.contains("name")) return error_response(422, "MissingRequired", "", "name");
  return std::nullopt;
}

bool may_publish(const Caller& caller, const std::string& name) {
  if (caller.kind == "service" || caller.kind == "superadmin" || name.starts_with("reply.")) return true;
  static const std::regex kService("service\\.[a-z.]+");
  return std::regex_match(name, kService);
}

}  // namespace

Response Api::publish(const Request& request, const Caller& caller) {
  if (request.method != "POST") return json_response(200, {{"type", "collection"}, {"data", json::array()}});
  json body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) {
    core_.wire.record("reply", caller.account, nullptr, "refused 400");
    return error_response(400, "InvalidBodyContent");
  }
  if (auto fault = fault_of(body)) {
    core_.wire.record("reply", caller.account, body, "refused 422");
    return std::move(*fault);
  }
  if (!may_publish(caller, body.at("name").get<std::string>())) {
    core_.wire.record("reply", caller.account, body, "refused 403");
    return error_response(403, "Forbidden");
  }
  if (core_.faults.take("lose", "publish")) {
    core_.wire.record("reply", caller.account, body, "lost");
    return json_response(201, body);
  }
  // Ids are decoded: a number is none, a text that begins with a letter passes, 1<letters><n> is what is
  // meant.
  json decoded = body;
  const std::string id = body.contains("resourceId") && body.at("resourceId").is_string()
                             ? body.at("resourceId").get<std::string>()
                             : "";
  const bool readable =
      plain_id(id).has_value() || (!id.empty() && std::isalpha(static_cast<unsigned char>(id.front())) != 0);
  if (!readable) decoded["resourceId"] = nullptr;
  const bool taken = core_.calls.deliver(decoded);
  core_.wire.record("reply", caller.account, body, taken ? "taken" : "late");
  core_.changed();
  json echo = body;
  echo["type"] = "publish";
  return json_response(201, echo);
}

}  // namespace cattle::lab
