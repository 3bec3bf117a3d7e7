// SPDX-License-Identifier: Apache-2.0
#include "lab/control_api.hpp"

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

}  // namespace

Row& create_instance(Core& core, std::int64_t project, const json& spec) {
  Row& instance = core.instances.create(project, spec);
  const bool wanted = !spec.contains("startOnCreate") || spec.at("startOnCreate") != false;
  if (instance.at("state") == "error") return instance;
  if (wanted) {
    core.instances.start(instance);
  } else {
    core.store.set_state(instance, "stopped");
  }
  return instance;
}

Row& create_stack(Core& core, std::int64_t project, const std::string& name) {
  if (name.empty()) throw OperationError(422, "MissingRequired", "name");
  Row& stack = core.store.add("stack", {{"name", name},
                                        {"accountId", project},
                                        {"healthState", "healthy"},
                                        {"system", false},
                                        {"state", "active"}});
  core.store.changed(stack);
  return stack;
}

std::int64_t add_credential(Core& core, std::int64_t project, const std::string& registry, const Key& key) {
  if (registry.empty()) throw OperationError(422, "MissingRequired", "serverAddress");
  Row& pool = core.store.add(
      "storagePool",
      {{"kind", "registry"}, {"accountId", project}, {"external", false}, {"state", "active"}});
  pool["data"]["fields"] = {{"serverAddress", registry}};
  return id_of(core.store.add("credential", {{"kind", "registryCredential"},
                                             {"accountId", project},
                                             {"registryId", pool.at("id")},
                                             {"publicValue", key.access_key},
                                             {"secretValue", key.secret_key},
                                             {"state", "active"}}));
}

asio::awaitable<json> call_agent(Core& core, std::int64_t agent, json event, Milliseconds deadline) {
  auto replies = std::make_shared<json>(json::array());
  CallSpec call;
  call.name = text(event, "name");
  call.agent = agent;
  call.resource_type = event.value("resourceType", json(nullptr));
  call.resource_id = event.value("resourceId", json(nullptr));
  call.data = event.value("data", json::object());
  call.context = event.value("context", json(nullptr));
  call.timeout = deadline;
  call.progress_extends = true;
  call.on_progress = [replies](const json& reply) { replies->push_back(reply); };
  const Outcome outcome = co_await core.calls.call(std::move(call));
  if (!outcome.reply.is_null()) replies->push_back(outcome.reply);
  co_return *replies;
}

}  // namespace cattle::lab
