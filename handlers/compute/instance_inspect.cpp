// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/instance_inspect.hpp"

#include "handlers/compute/container_lookup.hpp"
#include "handlers/compute/inspect_document.hpp"
#include "handlers/json_fields.hpp"

#include <string>
#include <utility>

namespace cattle::handlers {

std::optional<nlohmann::json> InstanceInspect::handle(const Event& event, Context& context) const {
  const auto wanted = JsonFields(event.data, "data").object("instanceInspect");
  const auto id = wanted.text("id");
  auto name = wanted.text("name");
  if (name.starts_with('/')) name.erase(0, 1);
  std::optional<docker::Container> container;
  if (!id.empty()) container = engine_.inspect_container(id, context.call);
  if (!container && !name.empty()) {
    container = engine_.inspect_container(name, context.call);
    // The engine also takes the beginning of an id for a name.
    if (container && container->name != "/" + name) container.reset();
  }
  auto data = nlohmann::json::object();
  auto& document = data[event.resource_type.value_or("instanceInspect")];
  document = nlohmann::json::object();
  if (container) {
    name_in_log(container->id, container->name, context);
    document = inspect_document(std::move(*container));
  }
  return data;
}

}  // namespace cattle::handlers
