// SPDX-License-Identifier: Apache-2.0
// The part of /lab that is about the lab itself: faults, settings, keys, sockets, processes.
#include "lab/control_api.hpp"
#include "lab/views.hpp"

namespace cattle::lab {
namespace {

using nlohmann::json;

json key_json(const Key& key) {
  return {{"accessKey", key.access_key}, {"secretKey", key.secret_key}};
}

json required_body(const Request& request) {
  json body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) throw OperationError(400, "InvalidBodyContent", "the body must be a JSON object");
  return body;
}

json collection(const json& data) {
  return {{"type", "collection"}, {"data", data}};
}

}  // namespace

Response ControlApi::processes() const {
  json data = json::array();
  for (const auto& process : core_.processes.all()) data.push_back(to_json(*process));
  return json_response(200, collection(data));
}

Response ControlApi::agents() const {
  json data = json::array();
  for (const Row* agent : core_.store.all("agent")) {
    data.push_back({{"id", api_id("agent", id_of(*agent))},
                    {"state", agent->at("state")},
                    {"subscriptions", core_.bus.count(agent->at("accountId").get<std::int64_t>())},
                    {"configItems", core_.config.to_json(id_of(*agent))}});
  }
  return json_response(200, collection(data));
}

Response ControlApi::faults(const Request& request) {
  if (request.method == "POST") core_.faults.add(fault_from(required_body(request)));
  if (request.method == "DELETE") core_.faults.clear();
  return json_response(200, collection(core_.faults.list()));
}

Response ControlApi::settings(const Request& request) {
  if (request.method == "PUT") {
    if (request.path.size() < 2) throw OperationError(422, "MissingRequired", "PUT /lab/settings/<name>");
    set(core_.settings, request.path[1], required_body(request).value("value", json(nullptr)));
    // A real server finds out by itself, within 15 minutes.
    if (request.path[1] == "agent.package.python.agent.url") core_.config.bump("pyagent");
  }
  const json all = to_json(core_.settings);
  if (request.path.size() < 2) return json_response(200, all);
  if (!all.contains(request.path[1])) throw UnknownSetting("no setting is called " + request.path[1]);
  return json_response(200, {{"name", request.path[1]}, {"value", all.at(request.path[1])}});
}

Response ControlApi::keys(const Request& request) {
  if (request.method != "POST") return error_response(405, "MethodNotAllowed");
  const std::int64_t project = core_.accounts.project();
  if (request.collection() == "token") {
    const std::string token = core_.registrations.add_token(project);
    return json_response(201, {{"token", token}, {"registrationUrl", request.base + "/v1/scripts/" + token}});
  }
  const std::string kind = text(required_body(request), "kind");
  if (kind == "agent" || kind == "environment") {
    Row& agent = core_.agents.add(project, core_.ids.uuid());
    const auto account = agent.at("accountId").get<std::int64_t>();
    core_.agents.activate(agent);
    json out =
        key_json(core_.accounts.add_key(account, kind == "agent" ? std::nullopt : std::optional(project)));
    out["agentId"] = api_id("agent", id_of(agent));
    return json_response(201, out);
  }
  if (kind == "project") return json_response(201, key_json(core_.accounts.add_key(project)));
  for (const char* known : {"user", "admin", "service", "superadmin"}) {
    if (kind == known)
      return json_response(201, key_json(core_.accounts.add_key(core_.accounts.add_account(kind, kind))));
  }
  throw OperationError(422, "InvalidOption",
                       "kind is agent, environment, project, user, admin, service or superadmin");
}

Response ControlApi::sockets(const Request& request) {
  if (request.method == "POST") {
    const json body = required_body(request);
    const std::string action = text(body, "action");
    if (action != "cut" && action != "close" && action != "freeze")
      throw OperationError(422, "InvalidOption", "action is cut, close or freeze");
    const auto agent = plain_id(text(body, "agent"));
    core_.bus.for_each(0, [&](Listener& listener) {
      if (agent && listener.audience().agent != agent) return;
      if (action == "cut") listener.cut();
      if (action == "close") listener.finish();
      if (action == "freeze") listener.freeze();
    });
  }
  json data = json::array();
  core_.bus.for_each(0, [&](Listener& listener) {
    const Audience& audience = listener.audience();
    data.push_back({{"account", api_id("account", audience.account)},
                    {"agent", audience.agent ? json(api_id("agent", *audience.agent)) : json(nullptr)},
                    {"version", audience.version},
                    {"names", audience.names},
                    {"frozen", listener.frozen()},
                    {"queued", listener.queued()}});
  });
  return json_response(200, collection(data));
}

Response ControlApi::credentials(const Request& request, std::int64_t project) {
  if (request.method != "POST") return error_response(405, "MethodNotAllowed");
  const json body = required_body(request);
  const Key key{text(body, "publicValue"), text(body, "secretValue")};
  const std::int64_t id = add_credential(core_, project, text(body, "serverAddress"), key);
  return json_response(201, {{"id", api_id("credential", id)}, {"type", "registryCredential"}});
}

}  // namespace cattle::lab
