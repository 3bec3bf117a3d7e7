// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/spec_draft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>
#include <string_view>

namespace cattle::handlers {
namespace {

using Variables = std::map<std::string, std::string>;

constexpr std::string_view kNameValue = "/cattle/";

char to_upper(char letter) {
  return static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
}

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), to_upper);
  return text;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char letter) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  });
  return text;
}

/// Every character that a variable's name can't have becomes an underscore, not only the first kind of them
/// (B12).
std::string variable_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(),
      [](char letter) { return std::isalnum(static_cast<unsigned char>(letter)) == 0 && letter != '_'; },
      '_');
  return upper_case(std::move(name));
}

/// What the target has of its own: not its PATH and HOME, and nothing that its own links have made.
Variables own_environment(const std::vector<std::string>& entries) {
  Variables variables;
  std::set<std::string> generated_prefixes;
  for (const std::string& entry : entries) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos) continue;
    const std::string value = entry.substr(equals + 1);
    variables[entry.substr(0, equals)] = value;
    if (!value.starts_with(kNameValue)) continue;
    const std::string prefix = variable_name(value.substr(kNameValue.size()));
    for (const char* ending : {"_NAME", "_PORT", "_ENV"}) generated_prefixes.insert(prefix + ending);
  }
  std::erase_if(variables, [&](const auto& variable) {
    const std::string& name = variable.first;
    return name == "PATH" || name == "HOME" ||
           std::any_of(generated_prefixes.begin(), generated_prefixes.end(),
                       [&](const std::string& prefix) { return name.starts_with(prefix); });
  });
  return variables;
}

/// The variables that Docker's links made, for one name of the target; `host` is what the container reaches
/// it by.
void add_target(const std::string& name, const std::string& host, const InstanceLink& link,
                const Variables& target, Variables& variables) {
  const std::string prefix = variable_name(name);
  variables[prefix + "_NAME"] = std::string(kNameValue) + name;
  for (const LinkPort& port : link.ports) {
    if (port.private_port == 0) continue;
    const std::string number = std::to_string(port.private_port);
    const std::string url = fmt::format("{}://{}:{}", port.protocol, host, number);
    const std::string one = fmt::format("{}_PORT_{}_{}", prefix, number, upper_case(port.protocol));
    variables[prefix + "_PORT"] = url;
    variables[one] = url;
    variables[one + "_ADDR"] = host;
    variables[one + "_PORT"] = number;
    variables[one + "_PROTO"] = port.protocol;
  }
  for (const auto& [key, value] : target) variables[fmt::format("{}_ENV_{}", prefix, key)] = value;
}

void add_link(const InstanceLink& link, Variables& variables) {
  const Variables target = own_environment(link.target_environment);
  add_target(link.link_name, lower_case(link.link_name), link, target, variables);
  for (const std::string& name : link.instance_names) {
    add_target(name, link.link_name, link, target, variables);
    const std::size_t underscore = name.find('_');
    if (underscore != std::string::npos) {
      add_target(name.substr(underscore + 1), link.link_name, link, target, variables);
    }
  }
}

}  // namespace

void add_link_environment(SpecDraft& draft) {
  // A container that the user made keeps Docker's own links, which only count should it be made again (2.11).
  if (draft.instance.native) {
    if (!draft.supports_ports()) return;
    for (const InstanceLink& link : draft.instance.links) {
      if (!link.target_uuid.empty())
        draft.host_config["Links"].push_back(link.target_uuid + ":" + link.link_name);
    }
    return;
  }
  Variables variables;
  for (const InstanceLink& link : draft.instance.links) add_link(link, variables);
  draft.environment.merge(variables);
}

}  // namespace cattle::handlers
