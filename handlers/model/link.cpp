// SPDX-License-Identifier: Apache-2.0
#include "handlers/model/link.hpp"

#include "handlers/model/row.hpp"

namespace cattle::handlers {
namespace {

InstanceLink decode_link(const JsonFields& link) {
  InstanceLink decoded;
  decoded.link_name = link.text("linkName");
  const JsonFields fields = link.object("data").object("fields");
  decoded.instance_names = fields.texts("instanceNames").value_or(std::vector<std::string>{});
  for (const JsonFields& port : fields.objects("ports")) {
    const std::string protocol = port.text("protocol");
    decoded.ports.push_back({port.integer("privatePort"), protocol.empty() ? "tcp" : protocol});
  }
  const JsonFields target = link.object("targetInstance");
  decoded.target_uuid = target.text("uuid");
  decoded.target_environment = target.object("data")
                                   .object("dockerInspect")
                                   .object("Config")
                                   .texts("Env")
                                   .value_or(std::vector<std::string>{});
  return decoded;
}

}  // namespace

std::vector<InstanceLink> decode_links(const JsonFields& instance) {
  std::vector<InstanceLink> links;
  for (const JsonFields& link : instance.objects("instanceLinks")) {
    if (!is_removed(link)) links.push_back(decode_link(link));
  }
  return links;
}

}  // namespace cattle::handlers
