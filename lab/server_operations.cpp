// SPDX-License-Identifier: Apache-2.0
// The methods of Server that do no more than run one thing on the server's thread.
#include "lab/control_api.hpp"
#include "lab/core.hpp"
#include "lab/server.hpp"
#include "lab/server_rows.hpp"
#include "lab/views.hpp"

namespace cattle::lab {
namespace {

using nlohmann::json;

Key key_of_new_account(Core& core, const char* kind) {
  return core.accounts.add_key(core.accounts.add_account(kind, kind));
}

}  // namespace

AgentKey Server::add_agent() {
  AgentKey out;
  on_thread([&](Core& core) {
    Row& agent = core.agents.add(core.accounts.project(), core.ids.uuid());
    out.id = api_id("agent", id_of(agent));
    out.key = core.accounts.add_key(agent.at("accountId").get<std::int64_t>());
    core.agents.activate(agent);
  });
  return out;
}

Key Server::add_person() {
  Key out;
  on_thread([&](Core& core) { out = key_of_new_account(core, "user"); });
  return out;
}

Key Server::add_service_key() {
  Key out;
  on_thread([&](Core& core) { out = key_of_new_account(core, "service"); });
  return out;
}

Key Server::add_administrator_key() {
  Key out;
  on_thread([&](Core& core) { out = core.accounts.add_key(core.accounts.administrator()); });
  return out;
}

Key Server::add_project_key() {
  Key out;
  on_thread([&](Core& core) { out = core.accounts.add_key(core.accounts.project()); });
  return out;
}

Key Server::add_environment_key() {
  Key out;
  on_thread([&](Core& core) {
    Row& agent = core.agents.add(core.accounts.project(), core.ids.uuid());
    core.store.set_state(agent, "active");
    out = core.accounts.add_key(agent.at("accountId").get<std::int64_t>(), core.accounts.project());
  });
  return out;
}

std::string Server::registration_url() {
  std::string token;
  on_thread([&](Core& core) { token = core.registrations.add_token(core.accounts.project()); });
  return url() + "/v1/scripts/" + token;
}

void Server::deactivate_agent(const std::string& id) {
  on_thread([&](Core& core) { core.agents.deactivate(row_at(core, "agent", id)); });
}

void Server::remove_agent(const std::string& id) {
  on_thread([&](Core& core) { core.agents.remove(row_at(core, "agent", id)); });
}

void Server::start_instance(const std::string& id) {
  on_thread([&](Core& core) { core.instances.start(row_at(core, "instance", id)); });
}

void Server::stop_instance(const std::string& id, int timeout_seconds) {
  const json data = timeout_seconds < 0 ? json(nullptr) : json{{"timeout", timeout_seconds}};
  on_thread([&](Core& core) { core.instances.stop(row_at(core, "instance", id), data); });
}

void Server::restart_instance(const std::string& id) {
  on_thread([&](Core& core) { core.instances.restart(row_at(core, "instance", id)); });
}

void Server::remove_instance(const std::string& id) {
  on_thread([&](Core& core) { core.instances.remove(row_at(core, "instance", id)); });
}

std::string Server::create_volume(const json& spec) {
  std::string out;
  on_thread([&](Core& core) {
    out = api_id("volume", id_of(core.instances.create_volume(core.accounts.project(), spec)));
  });
  return out;
}

void Server::remove_volume(const std::string& id) {
  on_thread([&](Core& core) { core.instances.remove_volume(row_at(core, "volume", id)); });
}

std::string Server::create_stack(const std::string& name) {
  std::string out;
  on_thread([&](Core& core) {
    out = api_id("stack", id_of(lab::create_stack(core, core.accounts.project(), name)));
  });
  return out;
}

void Server::remove_stack(const std::string& id) {
  on_thread([&](Core& core) { core.store.set_removed(row_at(core, "stack", id)); });
}

std::string Server::add_credential(const std::string& registry, const std::string& user,
                                   const std::string& password) {
  std::string out;
  on_thread([&](Core& core) {
    out = api_id("credential",
                 lab::add_credential(core, core.accounts.project(), registry, Key{user, password}));
  });
  return out;
}

json Server::row(const std::string& type, const std::string& id) {
  json out;
  on_thread(
      [&](Core& core) { out = view(core.store, row_at(core, type, id), "v2-beta", url() + "/v2-beta"); });
  return out;
}

json Server::raw_row(const std::string& type, const std::string& id) {
  json out;
  on_thread([&](Core& core) { out = row_at(core, type, id); });
  return out;
}

json Server::rows(const std::string& type) {
  json out = json::array();
  on_thread([&](Core& core) {
    for (const Row* row : core.store.all(type))
      out.push_back(view(core.store, *row, "v2-beta", url() + "/v2-beta"));
  });
  return out;
}

json Server::processes() {
  json out = json::array();
  on_thread([&](Core& core) {
    for (const auto& process : core.processes.all()) out.push_back(to_json(*process));
  });
  return out;
}

json Server::wire(std::int64_t after) {
  json out;
  on_thread([&](Core& core) { out = core.wire.since(after); });
  return out;
}

json Server::config_items(const std::string& agent) {
  json out;
  on_thread([&](Core& core) { out = core.config.to_json(agent_number(agent)); });
  return out;
}

std::size_t Server::subscriptions(const std::string& agent) {
  std::size_t out = 0;
  on_thread([&](Core& core) { out = live(core, agent); });
  return out;
}

void Server::send_event(const std::string& agent, const json& event) {
  send_text(agent, event.dump());
}

void Server::send_text(const std::string& agent, const std::string& frame) {
  on_thread([&](Core& core) { visit(core, agent, [&](Listener& listener) { listener.send(frame); }); });
}

void Server::send_binary(const std::string& agent, const std::string& bytes) {
  on_thread(
      [&](Core& core) { visit(core, agent, [&](Listener& listener) { listener.send_binary(bytes); }); });
}

void Server::send_in_pieces(const std::string& agent, const std::string& frame, std::size_t piece) {
  on_thread([&](Core& core) {
    visit(core, agent, [&](Listener& listener) { listener.send_in_pieces(frame, piece); });
  });
}

void Server::add_fault(const Fault& fault) {
  on_thread([&](Core& core) { core.faults.add(fault); });
}

void Server::clear_faults() {
  on_thread([](Core& core) { core.faults.clear(); });
}

void Server::cut(const std::string& agent) {
  on_thread([&](Core& core) { visit(core, agent, [](Listener& listener) { listener.cut(); }); });
}

void Server::close(const std::string& agent) {
  on_thread([&](Core& core) { visit(core, agent, [](Listener& listener) { listener.finish(); }); });
}

void Server::freeze(const std::string& agent) {
  on_thread([&](Core& core) { visit(core, agent, [](Listener& listener) { listener.freeze(); }); });
}

void Server::set(const std::string& setting, const json& value) {
  on_thread([&](Core& core) { lab::set(core.settings, setting, value); });
}

}  // namespace cattle::lab
