// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/spec_draft.hpp"
#include "handlers/compute/spec_network.hpp"

namespace cattle::handlers {

void add_labels(SpecDraft& draft) {
  const Instance& instance = draft.instance;
  if (auto labels = draft.settings.text_map("labels")) draft.labels = std::move(*labels);

  // The server copies the labels of a started container back into the event, so on a second creation the old
  // container's come along; those that say who this one is are ours alone (H24, B8).
  const auto own = [&](const char* label, const std::string& value) {
    if (!value.empty()) draft.labels[label] = value;
  };
  own("io.rancher.container.uuid", instance.reference.uuid);
  own("io.rancher.container.name", instance.reference.name);
  own("io.rancher.container.mac_address", mac_address(instance));
  own("io.rancher.container.ip", primary_address(instance));
  own("io.rancher.container.agent_id",
      instance.agent_id ? std::to_string(*instance.agent_id) : std::string{});

  const auto unless_set = [&](const char* label, const std::string& value) {
    if (!value.empty()) draft.labels.emplace(label, value);
  };
  unless_set("io.rancher.container.system", instance.system_container);
  if (draft.network == NetworkKind::cni) {
    unless_set("io.rancher.cni.wait", "true");
    unless_set("io.rancher.cni.network", first_nic(instance)->network_name);
  }
}

}  // namespace cattle::handlers
