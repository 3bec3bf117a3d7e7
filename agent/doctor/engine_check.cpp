// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/engine_check.hpp"

#include "docker-client/client.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace cattle::agent::doctor {
namespace {

/// What is wrong with the socket file itself, before anybody connects.
Findings check_socket_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    const int cause = errno;
    return {{Cause::engine_socket, path + ": " + std::generic_category().message(cause),
             "start the Docker engine, or mount its socket and name it by DOCKER_HOST"}};
  }
  if (!S_ISSOCK(status.st_mode)) {
    return {{Cause::engine_socket, path + " is no socket",
             "remove it (a mount of a missing socket makes a directory) and start the Docker engine again"}};
  }
  return {};
}

Finding finding_of(const docker::Error& error, const std::string& host) {
  switch (error.kind()) {
    case docker::ErrorKind::timeout:
      return {Cause::engine_silent, "the engine at " + host + " takes connections but does not answer",
              "look at the engine's log; restart it"};
    case docker::ErrorKind::bad_response:
      return {Cause::engine_version, error.what(),
              "use an engine whose API has a version from 1.24 to the newest we know"};
    case docker::ErrorKind::unavailable:
      return {Cause::engine_socket, error.what(), "start the Docker engine; check DOCKER_HOST"};
    default:
      return {Cause::engine_version, error.what(), "see the engine's message"};
  }
}

}  // namespace

EngineReport check_engine(const EngineTarget& target) {
  EngineReport report;
  const auto socket = docker::unix_socket_of(target.host);
  if (!socket.empty()) {
    report.findings = check_socket_file(socket);
    if (!report.findings.empty()) return report;
  }
  docker::EngineOptions options;
  options.host = target.host;
  options.cert_path = target.cert_path;
  options.tls = target.tls;
  options.tls_verify = target.tls_verify;
  options.connect_timeout = target.timeout;
  options.quick_timeout = target.timeout;
  docker::Call call;
  call.deadline = std::chrono::steady_clock::now() + target.timeout;
  try {
    const docker::Client engine(options);
    report.version = engine.version(call).version;
    report.root_dir = engine.info(call).root_dir;
  } catch (const docker::Error& error) {
    report.findings.push_back(finding_of(error, target.host));
  }
  return report;
}

}  // namespace cattle::agent::doctor
