// SPDX-License-Identifier: Apache-2.0
#include "config/home.hpp"

namespace cattle::config {
namespace {

bool holds_identity(const std::filesystem::path& directory) {
  std::error_code error;
  return std::filesystem::exists(directory / ".docker_uuid", error) ||
         std::filesystem::exists(directory / ".physical_host_uuid", error);
}

}  // namespace

std::string home_directory(const Environment& environment, const std::filesystem::path& base) {
  for (const char* name : {"PASTURESTACK_HOME", "PLATFORM_HOME", "CATTLE_HOME"}) {
    if (auto value = environment(name); value && !value->empty()) return *std::move(value);
  }
  const auto usual = base / "cattle";
  const auto fork = base / "pasturestack";
  return holds_identity(fork) && !holds_identity(usual) ? fork.string() : usual.string();
}

}  // namespace cattle::config
