// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/state_files.hpp"

#include "agent/doctor/user_check.hpp"
#include "agent/registration/failure.hpp"
#include "agent/registration/key.hpp"
#include "config/config.hpp"
#include "config/identity.hpp"
#include "config/option_file.hpp"
#include "config/state_file.hpp"
#include "docker-client/http/url.hpp"
#include "handlers/host/host_key.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

namespace cattle::agent::doctor {
namespace {

constexpr mode_t kSecret = 0600;

bool is_printed(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char letter) { return std::isgraph(letter) != 0; });
}

bool holds_identity(const std::string& content) {
  return config::identity_in(content) && !config::is_cut_off_identity(config::without_space_around(content));
}

bool holds_registration_url(const std::string& content) {
  const auto text = config::without_space_around(content);
  const auto url = http::parse_url(text);
  return is_printed(text) && url && (url->scheme == "http" || url->scheme == "https");
}

/// Something else in a file's place.
bool is_no_file(const std::string& path) {
  return !config::other_than_file(path).empty();
}

Finding no_file(const std::string& path, const std::string& remedy) {
  return {Cause::state_file, path + " is " + config::other_than_file(path) + ", not a file",
          "remove it; then " + remedy};
}

/// Its content as it is, when it is there and in order. `is_sound` judges just that.
std::optional<std::string> check_file(const std::string& path, bool (*is_sound)(const std::string&),
                                      const std::string& fault, const std::string& remedy,
                                      Findings& findings) {
  if (is_only_for_root(path)) return std::nullopt;
  if (is_no_file(path)) {
    findings.push_back(no_file(path, remedy));
    return std::nullopt;
  }
  try {
    auto content = config::read_state_file_as_it_is(path);
    if (!content || is_sound(*content)) return content;
    const bool is_empty = config::without_space_around(*content).empty();
    findings.push_back({Cause::state_file, path + (is_empty ? " is empty" : fault), remedy});
  } catch (const config::StateFileError& error) {
    findings.push_back({Cause::state_file, error.what(), "make " + path + " a readable file, or " + remedy});
  }
  return std::nullopt;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  constexpr mode_t kPermissions = 07777;
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & kPermissions : kSecret;
}

void check_registration_url(const std::string& path, Findings& findings) {
  const std::string remedy = "run `cattle-agent register` or the Add Host line again, which stores it anew";
  const auto content = check_file(path, &holds_registration_url, " is no registration URL", remedy, findings);
  if (!content) return;
  // What is written in one step ends with a line break (store() in commands/register.cpp).
  if (!content->ends_with('\n')) findings.push_back({Cause::state_file, path + " is cut off", remedy});
  if (mode_of(path) != kSecret) {
    findings.push_back({Cause::state_file,
                        path + ", which holds the registration token, has not the mode 0600",
                        "chmod 600 " + path});
  }
}

void check_credentials_mode(const std::string& path, Findings& findings) {
  if (!is_no_file(path) && (mode_of(path) & static_cast<mode_t>(S_IRWXG | S_IRWXO)) != 0)
    findings.push_back({Cause::state_file, path + " can be read by others", "chmod 600 " + path});
}

/// The agent leaves a key that is none alone, and its host has no hostKey then.
void check_host_key(const std::string& path, Findings& findings) {
  if (is_only_for_root(path)) return;
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

void check_machine(const std::string& state_dir, const registration::MachineRoots& machine,
                   Findings& findings) {
  const auto path = state_dir + "/machine.json";
  if (is_only_for_root(path)) return;
  const std::string remedy =
      "the agent writes it anew, if this machine is no copy of another; if it is, run the Add Host line "
      "again";
  if (is_no_file(path)) {
    findings.push_back(no_file(path, remedy));
    return;
  }
  try {
    const auto recorded = registration::recorded_facts(state_dir);
    const auto now = registration::read_machine_facts(machine);
    if (registration::compare_machine(recorded, now) == registration::Sameness::clone) {
      findings.push_back({Cause::identity_clash,
                          state_dir + " was made on another machine: this one is a copy of it",
                          "run the Add Host line again here, after moving " + state_dir + " away"});
    }
  } catch (const registration::Failure& failure) {
    findings.push_back({Cause::state_file, failure.what(), "remove " + path + ": " + remedy});
  }
}

void check_identity(const std::string& path, bool (*is_sound)(const std::string&), Findings& findings) {
  (void)check_file(path, is_sound, " is damaged",
                   "restore " + path + " from a backup, or remove it to register as a new host", findings);
}

void check_ca(const std::string& path, Findings& findings) {
  if (is_only_for_root(path)) return;
  const std::string remedy = "store the CA's certificate there, or remove it and run the Add Host line again";
  if (is_no_file(path)) {
    findings.push_back(no_file(path, remedy));
  } else if (!is_usable_ca(path)) {
    findings.push_back(
        {Cause::state_file, path + " holds no certificate in PEM form, or a damaged one", remedy});
  }
}

std::string key_file(const std::string& state_dir) {
  return state_dir + "/.registration_token";
}

std::string url_file(const std::string& state_dir) {
  return state_dir + "/registration_url";
}

}  // namespace

std::vector<std::string> files_to_read(const HostRoots& roots) {
  std::vector<std::string> files{roots.host_key};
  for (const auto* more : {&roots.identity_files, &roots.ca_files, &roots.named_files})
    files.insert(files.end(), more->begin(), more->end());
  for (const auto& state : roots.state_dirs)
    files.insert(files.end(), {config::credentials_file(state), key_file(state), url_file(state),
                               state + "/machine.json"});
  return files;
}

bool is_usable_ca(const std::string& path) {
  std::error_code error;
  if (is_no_file(path)) return false;
  if (!std::filesystem::exists(path, error)) return true;
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  const bool usable = context && SSL_CTX_load_verify_file(context.get(), path.c_str()) == 1;
  ERR_clear_error();
  return usable;
}

Findings check_state_files(const HostRoots& roots) {
  Findings findings;
  for (const auto& file : roots.identity_files) check_identity(file, &holds_identity, findings);
  for (const auto& state : roots.state_dirs) {
    check_identity(key_file(state), &registration::is_whole_key, findings);
    // The stock image leaves its registration key readable inside a directory of root's; ours is what we
    // answer for.
    check_credentials_mode(config::credentials_file(state), findings);
    check_registration_url(url_file(state), findings);
    check_machine(state, roots.machine, findings);
  }
  if (!roots.host_key.empty()) check_host_key(roots.host_key, findings);
  for (const auto& file : roots.ca_files) check_ca(file, findings);
  return findings;
}

Findings check_credentials(const std::string& state_dir) {
  const auto path = config::credentials_file(state_dir);
  std::error_code error;
  if (is_only_for_root(path) || !std::filesystem::exists(path, error)) return {};
  std::vector<std::string> faults;
  const auto stored = config::read_option_files({path}, faults);
  for (const auto* name : {"CATTLE_URL", "CATTLE_ACCESS_KEY", "CATTLE_SECRET_KEY"}) {
    if (faults.empty() && !stored.contains(name)) faults.push_back(path + " does not set " + name);
  }
  if (faults.empty()) return {};
  return {{Cause::state_file, faults.front(), "run the Add Host line again, or restore it from a backup"}};
}

}  // namespace cattle::agent::doctor
