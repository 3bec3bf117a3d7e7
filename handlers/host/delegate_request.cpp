// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/delegate_request.hpp"

#include "handlers/call_wait.hpp"
#include "handlers/compute/container_lookup.hpp"
#include "handlers/errors.hpp"
#include "handlers/host/text_file.hpp"
#include "handlers/json_fields.hpp"
#include "handlers/model/instance_reference.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>

namespace cattle::handlers {
namespace {

constexpr const char* kAgentIdLabel = "io.rancher.container.agent_id";
constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Event names are words with dots. A slash or a leading dot would make another path of it.
bool is_event_name(std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  constexpr std::size_t kLongest = 128;
  return !name.empty() && name.size() <= kLongest &&
         name.find_first_not_of(kAllowed) == std::string_view::npos && name.front() != '.' &&
         name.front() != '-' && name.find("..") == std::string_view::npos;
}

/// First line that begins an object; scripts may chat before it.
std::optional<nlohmann::json> parse_output(const std::string& output) {
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('{')) continue;
    auto result = nlohmann::json::parse(line, nullptr, false);
    if (result.is_object()) return result;
    return std::nullopt;
  }
  return std::nullopt;
}

nlohmann::json inner_reply(const JsonFields& inner, nlohmann::json result) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  nlohmann::json reply = {{"id", to_string(boost::uuids::random_generator()())},
                          {"name", inner.text("replyTo")},
                          {"data", std::move(result)},
                          {"previousIds", nlohmann::json::array({inner.scalar_text("id")})},
                          {"previousNames", nlohmann::json::array({inner.text("name")})},
                          {"time", std::chrono::duration_cast<std::chrono::milliseconds>(now).count()}};
  for (const auto* key : {"resourceId", "resourceType"}) {
    if (const auto* value = inner.find(key)) reply[key] = *value;
  }
  return reply;
}

std::vector<std::string> in_namespaces(const std::string& nsenter, std::int64_t pid,
                                       std::vector<std::string> command) {
  std::vector<std::string> argv = {nsenter, "-F", "-m", "-u", "-i", "-n", "-p", "-t", std::to_string(pid),
                                   "--"};
  argv.insert(argv.end(), std::make_move_iterator(command.begin()), std::make_move_iterator(command.end()));
  return argv;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

std::optional<nlohmann::json> DelegateRequest::handle(const subscriber::Event& event,
                                                      Context& context) const {
  const JsonFields data(event.data, "data");
  const auto instance = data.object("instanceData");
  if (instance.text("kind") != "container" || !instance.has("token")) return std::nullopt;
  const auto inner = data.object("event");
  auto name = inner.text("name");
  name = name.substr(0, name.find(';'));
  if (!is_event_name(name)) throw RequestError(inner.path_of("name") + ": expected the name of an event");

  const auto container = find(event.data, context);
  if (!container) return std::nullopt;
  const auto result = run(*container, host_.home + "/events/" + name, inner.document().dump(), context);
  if (result.end != ChildResult::End::exited || result.exit_code != 0) {
    throw OperationError("Update failed: " + name + " in container " + container->id.substr(0, 12) +
                         (result.end == ChildResult::End::exited
                              ? " ended with exit code " + std::to_string(result.exit_code)
                              : std::string(" did not end in time")) +
                         ": " + result.output);
  }
  if (!event.wants_reply()) return std::nullopt;
  auto output = parse_output(result.output);
  return inner_reply(inner, output ? std::move(*output) : nlohmann::json::object());
}

std::optional<docker::Container> DelegateRequest::find(const nlohmann::json& data, Context& context) const {
  const auto instance = JsonFields(data, "data").object("instanceData");
  auto match = find_container(engine_, decode_instance_reference(instance), NameRule::counts, context.call);
  const auto agent_id = instance.scalar_text("agentId");
  if (!match && !agent_id.empty()) {
    docker::ContainerFilters filters;
    filters.labels.push_back(std::string(kAgentIdLabel) + "=" + agent_id);
    auto listed = engine_.list_containers(filters, context.call);
    if (!listed.empty()) match = match_of(std::move(listed.front()));
  }
  if (!match) {
    context.log.info("delegate.request: its container is not on this host");
    return std::nullopt;
  }
  name_in_log(*match, context);
  auto container =
      match->inspected ? std::move(match->inspected) : engine_.inspect_container(match->id, context.call);
  if (container && container->running && container->pid > 0) return container;
  context.log.warn("delegate.request: its container is not running");
  return std::nullopt;
}

ChildResult DelegateRequest::run(const docker::Container& container, const std::string& script,
                                 const std::string& input, const Context& context) const {
  const auto deadline = std::chrono::steady_clock::now() + options_.limit;
  ChildCommand command;
  command.argv = in_namespaces(options_.nsenter, container.pid, {script});
  command.environment = environment(container);
  command.input = input;
  command.merge_outputs = true;
  if (context.call.rehearse) {
    (void)context.call.rehearse({"RUN", joined(command.argv), input, "this host"});
    ChildResult pretended;
    pretended.exit_code = 0;
    return pretended;
  }
  ChildCommand probe = command;
  probe.argv = in_namespaces(options_.nsenter, container.pid, {"/usr/bin/test", "-e", script});
  probe.input.clear();
  for (int attempt = 1;; ++attempt) {
    auto result = run_child(command, deadline, context.call.stop);
    if (result.end != ChildResult::End::exited || result.exit_code == 0 || attempt >= options_.attempts)
      return result;
    // A container that has just started may still be unpacking its scripts; one that is there has had its
    // say.
    const auto there = run_child(probe, deadline, context.call.stop);
    if (there.end == ChildResult::End::exited && there.exit_code == 0) return result;
    if (!wait_for(context.call, options_.interval)) return result;
  }
}

std::map<std::string, std::string> DelegateRequest::environment(const docker::Container& container) const {
  std::map<std::string, std::string> variables{{"PATH", kPath}, {"CATTLE_CONFIG_URL", host_.config_url}};
  std::istringstream entries(
      read_text_file(host_.proc + "/" + std::to_string(container.pid) + "/environ").value_or(std::string()));
  for (std::string entry; std::getline(entries, entry, '\0');) {
    const auto equals = entry.find('=');
    if (entry.starts_with("CATTLE") && equals != std::string::npos) {
      variables.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
  }
  return variables;
}

}  // namespace cattle::handlers
