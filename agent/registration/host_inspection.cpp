// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/host_inspection.hpp"

#include "agent/registration/agent_container.hpp"
#include "agent/registration/ca_certificate.hpp"
#include "agent/registration/failure.hpp"
#include "agent/registration/key.hpp"
#include "agent/registration/option_file_entry.hpp"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <sstream>
#include <string_view>
#include <system_error>

namespace cattle::agent::registration {
namespace {

using nlohmann::json;
constexpr std::string_view kAssignment = "INFO: env ";

/// Names of what is handed over, so that nothing of this container's own environment is taken for it.
constexpr auto kKeep = "CATTLE_KEEP_";
constexpr auto kKeepCa = "CATTLE_KEEP_CA";

json environment_of(const HostKeeping& keeping) {
  auto list = json::array();
  for (const auto& [name, value] : keeping.options) list.push_back((kKeep + name).append("=").append(value));
  if (!keeping.ca.empty()) list.push_back(std::string(kKeepCa) + "=" + keeping.ca);
  return list;
}

json inspection_body(const std::string& image, const std::string& state_volume, const HostKeeping& keeping) {
  return {{"Image", image},
          {"Cmd", json::array({"inspect-host"})},
          {"Env", environment_of(keeping)},
          {"HostConfig",
           {{"Privileged", true},
            {"Binds", json::array({"/run:/run", "/var/run:/var/run", "/var/lib:/var/lib",
                                   state_volume + ":/state"})}}}};
}

/// Removes the container however this scope is left.
class ShortLived {
 public:
  ShortLived(const docker::Client& engine, std::string id, const docker::Call& call)
      : engine_(engine), id_(std::move(id)), call_(call) {}
  ~ShortLived() {
    try {
      (void)engine_.remove_container(id_, {.force = true, .volumes = true}, call_);
    } catch (const docker::Error&) {  // The inspection's own result or failure is what matters.
    }
  }
  ShortLived(const ShortLived&) = delete;
  ShortLived& operator=(const ShortLived&) = delete;
  [[nodiscard]] const std::string& id() const { return id_; }

 private:
  const docker::Client& engine_;
  std::string id_;
  const docker::Call& call_;
};

}  // namespace

bool is_writable_directory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  return !error && ::access(directory.c_str(), W_OK) == 0;
}

void keep_on_host(const std::string& rancher, const HostKeeping& keeping) {
  for (const auto& [name, value] : keeping.options) set_option(rancher + "/etc/agent.conf", name, value);
  if (!keeping.ca.empty()) store_ca_certificate(rancher + "/etc/ssl/ca.crt", keeping.ca);
}

HostKeeping handed_over(const std::function<std::optional<std::string>(const std::string&)>& environment) {
  HostKeeping keeping;
  for (const auto& name : kept_options()) {
    if (const auto value = environment(kKeep + name); value && !value->empty())
      keeping.options[name] = *value;
  }
  keeping.ca = environment(kKeepCa).value_or("");
  return keeping;
}

void inspect_host(const StateDirectories& directories, const HostKeeping& keeping,
                  const std::function<void(const std::string&)>& print) {
  const bool writable = is_writable_directory(directories.host);
  print("INFO: env CATTLE_BOOT2DOCKER=false");
  print(std::string("INFO: env CATTLE_VAR_LIB_WRITABLE=") + (writable ? "true" : "false"));
  const auto& directory = writable ? directories.host : directories.volume;
  if (is_writable_directory(directory)) {
    keep_on_host(std::filesystem::path(directory).parent_path().string(), keeping);
    print("INFO: env TOKEN=" + registration_key(directory));
  }
}

HostFacts parse_host_facts(const std::string& output, const std::function<void(const std::string&)>& say) {
  std::map<std::string, std::string, std::less<>> values;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const auto equals = line.find('=');
    if (!line.starts_with(kAssignment) || equals == std::string::npos) {
      if (!line.empty()) say(line);
      continue;
    }
    values[line.substr(kAssignment.size(), equals - kAssignment.size())] = line.substr(equals + 1);
  }
  return {values["TOKEN"], values["CATTLE_VAR_LIB_WRITABLE"] == "true"};
}

HostFacts inspect_host_by_container(const docker::Client& engine, const std::string& image,
                                    const std::string& state_volume, const HostKeeping& keeping,
                                    const std::function<void(const std::string&)>& say,
                                    const docker::Call& call) {
  constexpr std::string_view kName = "rancher-agent-inspect-host";
  remove_by_name(engine, kName, call);
  const ShortLived container(
      engine,
      engine.create_container(std::string(kName), inspection_body(image, state_volume, keeping), call).id,
      call);
  (void)engine.start_container(container.id(), call);
  const auto status = engine.wait_container(container.id(), call);
  std::string output;
  std::string errors;
  engine.container_logs(
      container.id(), false,
      [&](int stream, std::string_view text) { (stream == 1 ? output : errors).append(text); }, call);
  if (status != 0) throw Failure(Outcome::state, "the host could not be inspected: " + errors);
  return parse_host_facts(output, say);
}

}  // namespace cattle::agent::registration
