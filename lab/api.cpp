// SPDX-License-Identifier: Apache-2.0
#include "lab/api.hpp"

#include "lab/control_api.hpp"
#include "lab/views.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

std::string api_base(const Request& request) {
  return request.base + "/" + request.version;
}

Response agent_refused(const AgentRefusal& refusal) {
  return error_response(refusal.status, refusal.code, "", refusal.field);
}

/// The types that an agent's key may look up; there is no `account` for it, by which a dead key is told.
constexpr std::array<const char*, 13> kAgentSchemas{"agent",
                                                    "configContent",
                                                    "containerEvent",
                                                    "hostApiProxyToken",
                                                    "publish",
                                                    "subscribe",
                                                    "storagePool",
                                                    "volume",
                                                    "register",
                                                    "instance",
                                                    "externalStoragePoolEvent",
                                                    "externalVolumeEvent",
                                                    "schema"};

/// The lines that agents read are the server's; whoever runs it leaves a mark.
std::string bootstrap_script(const Settings& settings, const std::string& client) {
  return "#!/bin/bash\ntouch /tmp/cattle-lab-ran-bootstrap\nREQUIRED_IMAGE=\"" + settings.required_image +
         "\"\nDETECTED_CATTLE_AGENT_IP=\"" + client + "\"\n";
}

json schema(const std::string& type, const std::string& base) {
  const std::string plural = lowered(type) + (type == "publish" ? "" : "s");
  return {{"id", type},
          {"type", "schema"},
          {"pluralName", type + "s"},
          {"links", {{"self", base + "/schemas/" + type}, {"collection", base + "/" + plural}}},
          {"actions", json::object()},
          {"resourceMethods", {"GET"}},
          {"collectionMethods", {"GET", "POST"}},
          {"resourceFields", json::object()}};
}

}  // namespace

std::optional<Caller> Api::caller_of(const Request& request) const {
  const bool enforce = lowered(request.header("x-enforce-authentication")) == "true";
  return core_.accounts.authenticate(request.header("authorization"), enforce);
}

Response Api::unauthorized(const Request& request) const {
  Response out = error_response(401, "Unauthorized", "Unauthorized");
  if (request.header("connection") != "Upgrade" && lowered(request.header("x-api-no-challenge")) != "true") {
    out.headers.emplace_back("WWW-Authenticate",
                             "Basic realm=\"Enter API access key and secret key as username and password\"");
  }
  return out;
}

void Api::add_headers(const Request& request, const std::optional<Caller>& caller, Response& response) const {
  if (!request.version.empty())
    response.headers.emplace_back("X-API-Schemas", api_base(request) + "/schemas");
  if (core_.flavour == Flavour::pasturestack) {
    response.headers.emplace_back("X-PastureStack-Version", "0.183.285");
    response.headers.emplace_back("X-Rancher-Version", "v1.6.30");
  }
  if (!caller) return;
  response.headers.emplace_back("X-API-ACCOUNT-ID", api_id("account", caller->account));
  response.headers.emplace_back("X-API-USER-ID", api_id("account", caller->account));
  response.headers.emplace_back("X-API-ACCOUNT-KIND", caller->kind);
  response.headers.emplace_back("X-API-ACCOUNT-NAME", caller->name);
}

asio::awaitable<Response> Api::handle(Request request) {
  if (request.project.empty()) request.project = request.header("x-api-project-id");
  const std::string target = request.collection();
  if (const auto slow = core_.faults.take("slow", target)) {
    asio::steady_timer timer(core_.io, slow->millis);
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
  if (const auto refusal = core_.faults.take("refuse", target)) {
    co_return error_response(refusal->status, "LabFault", "refused on demand");
  }
  co_return co_await dispatch(request);
}

asio::awaitable<Response> Api::dispatch(const Request& request) {
  if (request.version.empty()) {
    if (request.path.empty())
      co_return json_response(200, {{"name", "cattle-lab"},
                                    {"links",
                                     {{"v1", request.base + "/v1"},
                                      {"v2-beta", request.base + "/v2-beta"},
                                      {"lab", request.base + "/lab"}}}});
    if (request.path.front() == "ping") co_return Response{200, "text/plain", "pong", {}};
    if (request.path.front() == "lab") co_return co_await ControlApi(core_).handle(request);
    co_return not_found();
  }
  const std::string collection = request.collection();
  if (collection == "scripts") co_return scripts(request);
  if (collection == "register") co_return registration(request);
  const auto caller = caller_of(request);
  Response response = caller ? authenticated(request, *caller) : unauthorized(request);
  add_headers(request, caller, response);
  co_return response;
}

Response Api::authenticated(const Request& request, const Caller& caller) {
  const std::string collection = request.collection();
  if (collection.empty()) return root(request);
  if (collection == "schemas") return schemas(request, caller);
  if (collection == "publish") return publish(request, caller);
  if (collection == "configcontent") return config_content(request, caller);
  if (collection == "containerevent") return container_event(request, caller);
  if (collection == "hostapiproxytoken") return proxy_token(caller);
  if (collection == "project") return projects(request, caller);
  if (collection == "subscribe") {
    if (request.method == "POST") return json_response(201, json::object());
    return json_response(200,
                         {{"type", "collection"}, {"resourceType", "subscribe"}, {"data", json::array()}});
  }
  return resources(request, caller);
}

Response Api::root(const Request& request) const {
  const std::string base = api_base(request);
  return json_response(200, {{"id", request.version},
                             {"type", "apiVersion"},
                             {"links",
                              {{"self", base},
                               {"schemas", base + "/schemas"},
                               {"subscribe", base + "/subscribe"},
                               {"publish", base + "/publish"}}},
                             {"actions", json::object()}});
}

Response Api::schemas(const Request& request, const Caller& caller) const {
  json types = json::array();
  for (const char* type : kAgentSchemas) types.push_back(type);
  if (caller.kind != "agent" || caller.project) {
    for (const char* type : {"account", "project", "host", "container", "service"}) types.push_back(type);
    types.push_back(request.version == "v1" ? "environment" : "stack");
  }
  const std::string base = api_base(request);
  json data = json::array();
  for (const auto& type : types) {
    if (request.path.size() > 1 && lowered(type.get<std::string>()) == lowered(request.path[1]))
      return json_response(200, schema(type, base));
    data.push_back(schema(type, base));
  }
  if (request.path.size() > 1) return not_found();
  return json_response(200, {{"type", "collection"},
                             {"resourceType", "schema"},
                             {"links", {{"self", base + "/schemas"}}},
                             {"data", data}});
}

Response Api::config_content(const Request& request, const Caller& caller) {
  AgentRefusal refusal;
  const auto agent = core_.agents.resolve(caller, refusal);
  if (!agent) return agent_refused(refusal);
  if (request.path.size() < 2) return not_found();
  const std::string item = lowered(request.path[1]);
  if (request.method == "GET") {
    const auto bytes = core_.config.archive(*agent, item, request.param("current"));
    if (!bytes) return not_found();
    return {200, "application/octet-stream", *bytes, {}};
  }
  if (request.method != "PUT" && request.method != "POST") return error_response(405, "MethodNotAllowed");
  std::string version = request.param("version");
  if (version.empty()) version = text(json::parse(request.body, nullptr, false), "version");
  if (!core_.config.acknowledge(*agent, item, version)) return not_found();
  core_.changed();
  return {200, "application/json; charset=utf-8", "", {}};
}

Response Api::container_event(const Request& request, const Caller& caller) {
  if (request.method != "POST") return error_response(405, "MethodNotAllowed");
  AgentRefusal refusal;
  const auto agent = core_.agents.resolve(caller, refusal);
  if (!agent) return refusal.status == 403 ? error_response(403, "CantVerifyAgent") : agent_refused(refusal);
  const json body = json::parse(request.body, nullptr, false);
  if (body.is_discarded()) return error_response(400, "InvalidBodyContent");
  try {
    core_.reports.container_event(*agent, body);
  } catch (const OperationError& error) {
    return error_response(error.status(), error.code(), "", error.status() == 422 ? error.what() : "");
  }
  json echo = body;
  echo["type"] = "containerEvent";
  return json_response(201, echo);
}

Response Api::proxy_token(const Caller& caller) {
  AgentRefusal refusal;
  if (!core_.agents.resolve(caller, refusal)) return error_response(403, "CantVerifyAgent");
  return error_response(501, "HostApiProxyDisabled", "the host API's proxy is off");
}

Response Api::projects(const Request& request, const Caller& caller) {
  json data = json::array();
  for (const Row* account : core_.store.where("account", "kind", "project")) {
    if (core_.accounts.reaches(caller, id_of(*account)))
      data.push_back(view(core_.store, *account, request.version, api_base(request)));
  }
  if (request.path.size() < 2) {
    return json_response(200, {{"type", "collection"},
                               {"resourceType", "project"},
                               {"links", {{"self", api_base(request) + "/projects"}}},
                               {"data", data}});
  }
  for (const auto& project : data) {
    if (project.at("id") == request.path[1]) return json_response(200, project);
  }
  return not_found();
}

Response Api::scripts(const Request& request) {
  const auto plain = [](std::string body) {
    return Response{200, "text/plain; charset=utf-8", std::move(body), {}};
  };
  if (request.path.size() < 2) return not_found();
  const std::string& name = request.path[1];
  if (name == "api.crt") return plain(core_.config.api_certificate());
  const std::string forwarded = request.header("x-forwarded-for");
  const std::string client = forwarded.empty() ? request.peer : forwarded.substr(0, forwarded.find(','));
  if (name == "bootstrap") return plain(bootstrap_script(core_.settings, client));
  if (!core_.registrations.project_of(name)) return not_found();
  return plain(Registrations::script(name, request.base, client));
}

Response Api::registration(const Request& request) {
  const auto key = basic_credentials(request.header("authorization"));
  if (!key || key->access_key != "registrationToken" || !core_.registrations.project_of(key->secret_key))
    return unauthorized(request);
  if (request.method == "GET")
    return json_response(200, core_.registrations.get(key->secret_key, request.param("key"), request.base));
  if (request.method != "POST") return error_response(405, "MethodNotAllowed");
  const json body = json::parse(request.body, nullptr, false);
  if (body.is_discarded()) return error_response(400, "InvalidBodyContent");
  const std::string own = text(body, "key");
  if (own.empty()) return error_response(422, "MissingRequired", "", "key");
  return json_response(201, core_.registrations.post(key->secret_key, own, request.base));
}

Response Api::resources(const Request& request, const Caller& caller) {
  std::int64_t project = caller.project.value_or(core_.accounts.project());
  if (!request.project.empty()) {
    const auto id = plain_id(request.project);
    if (!id || !core_.accounts.reaches(caller, *id)) return error_response(403, "Forbidden");
    project = *id;
  } else if (caller.kind == "agent" && !caller.project) {
    return not_found();
  }
  return ControlApi(core_).resources(request, project);
}

}  // namespace cattle::lab
