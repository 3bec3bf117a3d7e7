// SPDX-License-Identifier: Apache-2.0
#include "lab/event_context.hpp"

#include <nlohmann/json.hpp>

namespace cattle::lab {
namespace {

using nlohmann::json;

std::string pretty(const std::string& type, std::int64_t id) {
  return type + ":" + std::to_string(id);
}

/// The keys keep the spelling that the servers have, `resouceId` included.
json build(const Process& top, const std::string& name, const Nested& nested, const std::string& logic_path) {
  return {{"processId", std::to_string(top.id)},
          {"processUuid", top.uuid},
          {"processName", nested.process},
          {"logicName", nested.logic},
          {"logicPath", logic_path},
          {"prettyProcess", name},
          {"prettyResource", nested.path.empty() ? pretty(nested.type, nested.id)
                                                 : pretty(top.resource_type, top.resource_id) + "->" +
                                                       pretty(nested.type, nested.id)},
          {"resouceType", nested.type},
          {"resouceId", std::to_string(nested.id)},
          {"topProcessName", top.name},
          {"topResourceType", top.resource_type},
          {"topResourceId", std::to_string(top.resource_id)}};
}

}  // namespace

json context_of(const Process& process, const std::string& logic) {
  const Nested self{process.name, logic, process.resource_type, process.resource_id, ""};
  return build(process, process.name, self, process.name + "->(" + logic + ")");
}

json context_of(const Process& process, const Nested& nested) {
  return build(process, process.name + "->" + nested.process, nested,
               process.name + nested.path + "->" + nested.process + "->(" + nested.logic + ")");
}

json loose_context(const std::string& process, const std::string& logic, const std::string& type,
                   std::int64_t id) {
  Process loose;
  loose.name = process;
  loose.resource_type = type;
  loose.resource_id = id;
  json out = context_of(loose, logic);
  out.erase("processUuid");
  return out;
}

}  // namespace cattle::lab
