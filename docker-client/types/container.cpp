// SPDX-License-Identifier: Apache-2.0
#include "docker-client/types/container.hpp"

#include "docker-client/types/decode.hpp"
#include "docker-client/types/fields.hpp"

#include <utility>

namespace cattle::docker {
namespace {

PortSummary decode_port(const nlohmann::json& document, const std::string& operation) {
  const Fields fields(document, operation, "$.Ports[]");
  PortSummary port;
  port.ip = fields.text("IP");
  port.private_port = static_cast<int>(fields.integer("PrivatePort"));
  port.public_port = static_cast<int>(fields.integer("PublicPort"));
  port.type = fields.text("Type");
  return port;
}

}  // namespace

ContainerSummary decode_container_summary(nlohmann::json document, const std::string& operation) {
  const Fields fields(document, operation);
  ContainerSummary summary;
  summary.id = fields.text("Id");
  summary.names = fields.texts("Names");
  summary.image = fields.text("Image");
  summary.image_id = fields.text("ImageID");
  summary.state = fields.text("State");
  summary.status = fields.text("Status");
  summary.created = fields.integer("Created");
  summary.labels = fields.text_map("Labels");
  for (const auto& port : fields.array("Ports")) summary.ports.push_back(decode_port(port, operation));
  summary.raw = std::move(document);
  return summary;
}

Container decode_container(nlohmann::json document, const std::string& operation) {
  const Fields fields(document, operation);
  const Fields state = fields.object("State");
  Container container;
  container.id = fields.text("Id");
  container.name = fields.text("Name");
  container.image_id = fields.text("Image");
  container.running = state.flag("Running");
  container.status = state.text("Status");
  container.pid = state.integer("Pid");
  container.started_at = state.text("StartedAt");
  container.labels = fields.object("Config").text_map("Labels");
  container.network_mode = fields.object("HostConfig").text("NetworkMode");
  container.raw = std::move(document);
  return container;
}

CreatedContainer decode_created_container(const nlohmann::json& document, const std::string& operation) {
  const Fields fields(document, operation);
  return {fields.text("Id"), fields.texts("Warnings")};
}

}  // namespace cattle::docker
