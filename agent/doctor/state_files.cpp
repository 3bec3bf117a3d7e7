// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/state_files.hpp"

#include "agent/registration/ca_certificate.hpp"
#include "agent/registration/failure.hpp"
#include "config/config.hpp"
#include "config/option_file.hpp"
#include "config/state_file.hpp"
#include "docker-client/http/url.hpp"
#include "handlers/host/host_key.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

namespace cattle::agent::doctor {
namespace {

constexpr mode_t kSecret = 0600;

bool is_printed(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char letter) { return std::isgraph(letter) != 0; });
}

bool is_identity(const std::string& text) {
  constexpr std::size_t kLongest = 128;
  return !text.empty() && text.size() <= kLongest && is_printed(text);
}

bool is_registration_key(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char letter) { return std::isxdigit(letter) != 0; });
}

bool is_registration_url(const std::string& text) {
  const auto url = http::parse_url(text);
  return is_printed(text) && url && (url->scheme == "http" || url->scheme == "https");
}

bool is_certificate(const std::string& text) {
  return !registration::sha1_fingerprint(text).empty();
}

/// Something else in a file's place.
bool is_no_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
}

Finding no_file(const std::string& path, const std::string& remedy) {
  std::error_code error;
  const auto* what =
      std::filesystem::is_directory(path, error) ? " is a directory" : " is a pipe or a device";
  return {Cause::state_file, path + what + ", not a file", "remove it; then " + remedy};
}

/// True when it is there and in order.
bool check_file(const std::string& path, bool (*is_sound)(const std::string&), const std::string& fault,
                const std::string& remedy, Findings& findings) {
  if (is_no_file(path)) {
    findings.push_back(no_file(path, remedy));
    return false;
  }
  try {
    const auto content = config::read_state_file(path);
    if (!content || is_sound(*content)) return content.has_value();
    findings.push_back({Cause::state_file, path + (content->empty() ? " is empty" : fault), remedy});
  } catch (const config::StateFileError& error) {
    findings.push_back({Cause::state_file, error.what(), "make " + path + " a readable file, or " + remedy});
  }
  return false;
}

/// What is written in one step ends with a line break (store() in commands/register.cpp).
bool is_cut_off(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(-1, std::ios::end);
  return file.get() != '\n';
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  constexpr mode_t kPermissions = 07777;
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & kPermissions : kSecret;
}

void check_registration_url(const std::string& path, Findings& findings) {
  const std::string remedy = "run `cattle-agent register` or the Add Host line again, which stores it anew";
  if (!check_file(path, &is_registration_url, " is no registration URL", remedy, findings)) return;
  if (is_cut_off(path)) findings.push_back({Cause::state_file, path + " is cut off", remedy});
  if (mode_of(path) != kSecret) {
    findings.push_back({Cause::state_file,
                        path + ", which holds the registration token, has not the mode 0600",
                        "chmod 600 " + path});
  }
}

void check_credentials_mode(const std::string& path, Findings& findings) {
  if ((mode_of(path) & static_cast<mode_t>(S_IRWXG | S_IRWXO)) != 0)
    findings.push_back({Cause::state_file, path + " can be read by others", "chmod 600 " + path});
}

/// The agent leaves a key that is none alone, and its host has no hostKey then.
void check_host_key(const std::string& path, Findings& findings) {
  const std::string remedy = "restore it from a backup, or remove it: the agent makes a new key";
  if (is_no_file(path)) {
    findings.push_back(no_file(path, "restore it from a backup, or let the agent make a new key"));
    return;
  }
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return;
  try {
    (void)handlers::HostKey(path).public_pem(std::chrono::milliseconds(0));
  } catch (const std::exception& failure) {
    findings.push_back({Cause::state_file, failure.what(), remedy});
  }
}

void check_machine(const HostRoots& roots, Findings& findings) {
  const auto path = roots.state_dir + "/machine.json";
  const std::string remedy =
      "the agent writes it anew, if this machine is no copy of another; if it is, run the Add Host line "
      "again";
  if (is_no_file(path)) {
    findings.push_back(no_file(path, remedy));
    return;
  }
  try {
    const auto recorded = registration::recorded_facts(roots.state_dir);
    const auto now = registration::read_machine_facts(roots.machine);
    if (registration::compare_machine(recorded, now) == registration::Sameness::clone) {
      findings.push_back({Cause::identity_clash,
                          roots.state_dir + " was made on another machine: this one is a copy of it",
                          "run the Add Host line again here, after moving " + roots.state_dir + " away"});
    }
  } catch (const registration::Failure& failure) {
    findings.push_back({Cause::state_file, failure.what(), "remove " + path + ": " + remedy});
  }
}

}  // namespace

bool is_usable_ca(const std::string& path) {
  if (is_no_file(path)) return false;
  try {
    const auto content = config::read_state_file(path);
    return !content || is_certificate(*content);
  } catch (const config::StateFileError&) {
    return false;
  }
}

Findings check_state_files(const HostRoots& roots) {
  Findings findings;
  const auto identity = [&](const std::string& name, bool (*is_sound)(const std::string&)) {
    const auto path = roots.state_dir + "/" + name;
    (void)check_file(path, is_sound, " is damaged",
                     "restore " + path + " from a backup, or remove it to register as a new host", findings);
  };
  identity(".registration_token", &is_registration_key);
  identity(".docker_uuid", &is_identity);
  identity(".physical_host_uuid", &is_identity);
  // The stock image leaves its registration key readable inside a directory of root's; ours is what we answer
  // for.
  check_credentials_mode(config::credentials_file(roots.state_dir), findings);
  check_registration_url(roots.state_dir + "/registration_url", findings);
  if (!roots.host_key.empty()) check_host_key(roots.host_key, findings);
  for (const auto& file : roots.ca_files) {
    (void)check_file(file, &is_certificate, " holds no certificate in PEM form",
                     "store the CA's certificate there, or remove it and run the Add Host line again",
                     findings);
  }
  check_machine(roots, findings);
  return findings;
}

Findings check_credentials(const std::string& state_dir) {
  const auto path = config::credentials_file(state_dir);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  std::vector<std::string> faults;
  const auto stored = config::read_option_files({path}, faults);
  for (const auto* name : {"CATTLE_URL", "CATTLE_ACCESS_KEY", "CATTLE_SECRET_KEY"}) {
    if (faults.empty() && !stored.contains(name)) faults.push_back(path + " does not set " + name);
  }
  if (faults.empty()) return {};
  return {{Cause::state_file, faults.front(), "run the Add Host line again, or restore it from a backup"}};
}

}  // namespace cattle::agent::doctor
