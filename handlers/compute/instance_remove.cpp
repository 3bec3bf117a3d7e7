// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/instance_remove.hpp"

#include "handlers/model/instance.hpp"

#include <utility>

namespace cattle::handlers {

std::optional<nlohmann::json> InstanceRemove::handle(const Event& event, Context& context) const {
  const auto instance = decode_instance_host_map_reference(event.data);
  auto result = removal_.remove(instance, context);
  switch (result.outcome) {
    case ContainerRemoval::Outcome::absent:
      return nlohmann::json::object();
    case ContainerRemoval::Outcome::kept:
      return reply_.present(event, instance, std::move(*result.match), AddressRule::as_inspected, context);
    case ContainerRemoval::Outcome::removed:
      break;
  }
  return reply_.absent(event, instance);
}

}  // namespace cattle::handlers
