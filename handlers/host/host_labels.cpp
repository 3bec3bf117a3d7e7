// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/host_labels.hpp"

#include "handlers/host/text_file.hpp"
#include "handlers/host/version_numbers.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <system_error>

namespace cattle::handlers {

std::map<std::string, std::string> host_labels(const HostLabelSources& sources,
                                               const std::optional<EngineFacts>& engine) {
  std::map<std::string, std::string> labels;
  labels["io.rancher.host.os"] = "linux";
  labels["io.rancher.host.agent_image"] = sources.agent_image;
  if (engine) {
    if (auto version = version_numbers(engine->version, 2); !version.empty()) {
      labels["io.rancher.host.docker_version"] = std::move(version);
    }
  }
  if (auto version = version_numbers(kernel_version(sources.proc), 2); !version.empty()) {
    labels["io.rancher.host.linux_kernel_version"] = std::move(version);
  }
  std::error_code ignored;  // a device that can't be looked at is none
  if (std::filesystem::exists(sources.kvm_device, ignored)) labels["io.rancher.host.kvm"] = "true";
  if (!sources.cloud_file.empty()) labels.merge(read_cloud_labels(sources.cloud_file));
  return labels;
}

std::string kernel_version(const std::string& proc) {
  return version_numbers(read_text_file(proc + "/version").value_or(std::string()), 3);
}

std::map<std::string, std::string> read_cloud_labels(const std::string& file) {
  std::map<std::string, std::string> labels;
  const auto text = read_text_file(file);
  if (!text) return labels;
  const auto document = nlohmann::json::parse(*text, nullptr, false);
  if (!document.is_object() || !document.contains("label") || !document.at("label").is_object())
    return labels;
  for (const auto& [key, value] : document.at("label").items()) {
    if (value.is_string()) labels[key] = value.get<std::string>();  // only strings are labels (R34)
  }
  return labels;
}

}  // namespace cattle::handlers
