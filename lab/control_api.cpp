// SPDX-License-Identifier: Apache-2.0
#include "lab/control_api.hpp"

#include "lab/views.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

json body_of(const Request& request) {
  if (request.body.empty()) return json::object();
  json body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) throw OperationError(400, "InvalidBodyContent", "the body must be a JSON object");
  return body;
}

/// The table behind a collection's API name; empty for none.
std::string table(const std::string& collection) {
  if (collection == "container") return "instance";
  if (collection == "environment") return "stack";
  for (const char* same : {"volume", "host", "stack"}) {
    if (collection == same) return same;
  }
  return {};
}

Milliseconds timeout_of(const Request& request, int otherwise) {
  const std::string given = request.param("timeout");
  if (given.empty()) return Milliseconds(otherwise);
  if (given.size() > 7 || given.find_first_not_of("0123456789") != std::string::npos) {
    throw OperationError(422, "InvalidFormat", "timeout is a number of milliseconds");
  }
  return Milliseconds(std::stoi(given));
}

}  // namespace

asio::awaitable<Response> ControlApi::handle(Request request) {
  request.path.erase(request.path.begin());  // "lab"
  request.version = "v2-beta";
  try {
    co_return co_await dispatch(request);
  } catch (const OperationError& error) {
    co_return error_response(error.status(), error.code(), error.what());
  } catch (const std::invalid_argument& error) {
    co_return error_response(422, "InvalidFormat", error.what());
  } catch (const UnknownSetting& error) {
    co_return error_response(404, "NotFound", error.what());
  }
}

asio::awaitable<Response> ControlApi::dispatch(const Request& request) {
  const std::string what = request.collection();
  const std::int64_t project = core_.accounts.project();
  if (what == "process") co_return processes();
  if (what == "agent") co_return agents();
  if (what == "fault") co_return faults(request);
  if (what == "setting") co_return settings(request);
  if (what == "key" || what == "token") co_return keys(request);
  if (what == "socket") co_return sockets(request);
  if (what == "credential") co_return credentials(request, project);
  if (what == "wire") {
    const std::string since = request.param("since");
    co_return json_response(
        200, core_.wire.since(
                 since.empty()
                     ? 0
                     : timeout_of(Request{{}, {}, {}, {}, {{"timeout", since}}, {}, {}, {}, {}}, 0).count()));
  }
  if (what == "event" && request.method == "POST") co_return co_await call_agent(request);
  const std::string type = table(what);
  if (type == "instance" && request.method == "POST" && request.path.size() == 1)
    co_return co_await create_container(request, project);
  if (request.method == "GET" && !type.empty() && request.path.size() == 2 && !request.param("state").empty())
    co_return co_await wait_for_row(request);
  co_return resources(request, project);
}

asio::awaitable<Response> ControlApi::create_container(const Request& request, std::int64_t project) {
  const json spec = body_of(request);
  co_await core_.instances.check_ports(project, spec, core_.calls);
  co_return json_response(201, shown(request, create_instance(core_, project, spec)));
}

asio::awaitable<Response> ControlApi::wait_for_row(const Request& request) {
  static constexpr Milliseconds kLook{20};
  const std::string wanted = request.param("state");
  const auto deadline = std::chrono::steady_clock::now() + timeout_of(request, 60'000);
  asio::steady_timer timer(core_.io);
  boost::system::error_code error;
  while (true) {
    const Row* row = find(table(request.collection()), request.path[1]);
    if (row == nullptr) co_return not_found();
    if (row->at("state") == wanted) co_return json_response(200, shown(request, *row));
    if (std::chrono::steady_clock::now() >= deadline) {
      co_return error_response(408, "TimedOut", "it is " + text(*row, "state") + ", not " + wanted);
    }
    timer.expires_after(kLook);
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
}

asio::awaitable<Response> ControlApi::call_agent(const Request& request) {
  const json event = body_of(request);
  const auto agent = plain_id(text(event, "agent"));
  if (!agent || core_.store.find("agent", *agent) == nullptr)
    throw OperationError(422, "InvalidReference", "agent");
  if (text(event, "name").empty()) throw OperationError(422, "MissingRequired", "name");
  co_return json_response(200, co_await lab::call_agent(core_, *agent, event, timeout_of(request, 45'000)));
}

Row* ControlApi::find(const std::string& type, const std::string& id) {
  const auto number = plain_id(id);
  return number && !type.empty() ? core_.store.find(type, *number) : nullptr;
}

json ControlApi::shown(const Request& request, const Row& row) {
  return view(core_.store, row, request.version, request.base + "/" + request.version);
}

Response ControlApi::resources(const Request& request, std::int64_t project) {
  const std::string type = table(request.collection());
  if (type.empty()) return not_found();
  try {
    if (request.path.size() == 1) {
      return request.method == "POST" ? create(request, type, project) : list(request, type, project);
    }
    if (find(type, request.path[1]) == nullptr) return not_found();
    if (request.method == "GET") return one(request, type);
    if (request.method == "DELETE") return act(request, type, "remove");
    if (request.method == "POST") return act(request, type, request.param("action"));
  } catch (const OperationError& error) {
    return error_response(error.status(), error.code(), error.what());
  }
  return error_response(405, "MethodNotAllowed");
}

Response ControlApi::list(const Request& request, const std::string& type, std::int64_t project) {
  json data = json::array();
  for (const Row* row : core_.store.where(type, "accountId", project)) {
    if (!removed(*row) || request.param("all") == "true") data.push_back(shown(request, *row));
  }
  return json_response(200, {{"type", "collection"}, {"resourceType", request.collection()}, {"data", data}});
}

Response ControlApi::one(const Request& request, const std::string& type) {
  return json_response(200, shown(request, *find(type, request.path[1])));
}

Response ControlApi::create(const Request& request, const std::string& type, std::int64_t project) {
  const json spec = body_of(request);
  if (type == "instance") return json_response(201, shown(request, create_instance(core_, project, spec)));
  if (type == "volume")
    return json_response(201, shown(request, core_.instances.create_volume(project, spec)));
  if (type == "stack")
    return json_response(201, shown(request, create_stack(core_, project, text(spec, "name"))));
  return error_response(405, "MethodNotAllowed");
}

Response ControlApi::act(const Request& request, const std::string& type, const std::string& action) {
  Row& row = *find(type, request.path[1]);
  if (removed(row)) return not_found();
  if (action == "remove" && type == "volume") {
    core_.instances.remove_volume(row);
  } else if (action == "remove" && type == "stack") {
    core_.store.set_removed(row);
  } else if (action == "remove" && type == "instance") {
    core_.instances.remove(row);
  } else if (action == "start" && type == "instance") {
    core_.instances.start(row);
  } else if (action == "stop" && type == "instance") {
    const json body = body_of(request);
    core_.instances.stop(row,
                         body.contains("timeout") ? json{{"timeout", body.at("timeout")}} : json(nullptr));
  } else if (action == "restart" && type == "instance") {
    core_.instances.restart(row);
  } else {
    return error_response(422, "InvalidAction", "actions are start, stop, restart, remove");
  }
  return json_response(202, shown(request, row));
}

}  // namespace cattle::lab
