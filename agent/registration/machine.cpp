// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/machine.hpp"

#include "agent/registration/failure.hpp"
#include "config/state_file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

namespace cattle::agent::registration {
namespace {

using nlohmann::json;
constexpr auto kFile = "/machine.json";

/// First line, lower case; a file that can't be read is a fact that is not known.
std::string fact(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  line.erase(line.find_last_not_of(" \t\r\n") + 1);
  std::transform(line.begin(), line.end(), line.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return line;
}

bool runs_on_hypervisor(const std::string& proc) {
  std::ifstream file(proc + "/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("flags") && (line + " ").find(" hypervisor ") != std::string::npos) return true;
  }
  return false;
}

bool differ(const std::string& left, const std::string& right) {
  return !left.empty() && !right.empty() && left != right;
}

}  // namespace

MachineFacts read_machine_facts(const MachineRoots& roots) {
  return {fact(roots.host_root + "/etc/machine-id"),
          fact(roots.sys + "/class/dmi/id/product_uuid"),
          {},
          runs_on_hypervisor(roots.proc)};
}

Sameness compare_machine(const std::optional<MachineFacts>& recorded, const MachineFacts& now) {
  if (!recorded) return Sameness::adopt;
  const bool product = differ(recorded->product_uuid, now.product_uuid);
  const bool clone = differ(recorded->cloud_id, now.cloud_id) ||
                     (product && (differ(recorded->machine_id, now.machine_id) || now.virtual_machine));
  return clone ? Sameness::clone : Sameness::same;
}

std::optional<MachineFacts> recorded_facts(const std::string& state_dir) {
  try {
    const auto text = config::read_state_file(state_dir + kFile);
    if (!text) return std::nullopt;
    const auto document = json::parse(*text);
    return MachineFacts{document.at("machineId").get<std::string>(),
                        document.at("productUuid").get<std::string>(),
                        document.at("cloudId").get<std::string>(), document.at("virtualMachine").get<bool>()};
  } catch (const json::exception&) {
    throw Failure(Outcome::state,
                  state_dir + kFile + " is damaged; remove it if this machine is no copy of another");
  } catch (const config::StateFileError& error) {
    throw Failure(Outcome::state, error.what());
  }
}

void record_facts(const std::string& state_dir, const MachineFacts& facts) {
  const json document{{"machineId", facts.machine_id},
                      {"productUuid", facts.product_uuid},
                      {"cloudId", facts.cloud_id},
                      {"virtualMachine", facts.virtual_machine}};
  try {
    config::write_state_file(state_dir + kFile, document.dump() + "\n", 0600);
  } catch (const config::StateFileError& error) {
    throw Failure(Outcome::state, error.what());
  }
}

std::string set_identity_aside(const std::string& state_dir) {
  const auto aside = std::filesystem::path(state_dir) / "clone-of";
  std::error_code error;
  std::filesystem::create_directories(aside, error);
  for (const auto* name :
       {".registration_token", ".docker_uuid", ".physical_host_uuid", "credentials.conf", "machine.json"}) {
    const auto from = std::filesystem::path(state_dir) / name;
    if (!error && std::filesystem::exists(from)) std::filesystem::rename(from, aside / name, error);
  }
  if (error)
    throw Failure(Outcome::state,
                  "the identity of the copied machine can't be set aside: " + error.message());
  return aside.string();
}

}  // namespace cattle::agent::registration
