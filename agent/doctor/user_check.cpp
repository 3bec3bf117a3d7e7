// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/user_check.hpp"

#include "agent/doctor/state_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>

namespace cattle::agent::doctor {
namespace {

bool is_denied(const std::string& path, int access) {
  return ::geteuid() != 0 && ::faccessat(AT_FDCWD, path.c_str(), access, AT_EACCESS) != 0 && errno == EACCES;
}

/// The file, or the directory that does not even let it be seen.
std::string what_is_closed(const std::string& file) {
  const auto directory = std::filesystem::path(file).parent_path().string();
  return is_denied(directory, X_OK) ? directory : file;
}

}  // namespace

bool is_only_for_root(const std::string& path) {
  return is_denied(path, R_OK);
}

Findings check_user(const HostRoots& roots) {
  auto findings = check_user_directories(roots);
  std::set<std::string> closed;
  for (const auto& file : files_to_read(roots)) {
    if (is_only_for_root(file)) closed.insert(what_is_closed(file));
  }
  std::string all;
  for (const auto& path : closed) all += (all.empty() ? "" : ", ") + path;
  if (!all.empty()) findings.push_back({Cause::state_file, "only root can read " + all, kAsRoot});
  return findings;
}

}  // namespace cattle::agent::doctor
