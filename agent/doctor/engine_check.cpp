// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/engine_check.hpp"

#include "docker-client/client.hpp"
#include "docker-client/negotiation.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace cattle::agent::doctor {
namespace {

Finding no_access(const std::string& path, int cause) {
  const auto what = path + ": " + std::generic_category().message(cause);
  if (cause == EACCES) {
    return {Cause::engine_socket, what, "run as root or as a member of the socket's group (docker, mostly)"};
  }
  return {Cause::engine_socket, what,
          "start the Docker engine, or mount its socket and name it by DOCKER_HOST"};
}

/// What is wrong with the socket file itself, before anybody connects.
Findings check_socket_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {no_access(path, errno)};
  if (!S_ISSOCK(status.st_mode)) {
    return {{Cause::engine_socket, path + " is no socket",
             "remove it (a mount of a missing socket makes a directory) and start the Docker engine again"}};
  }
  if (::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0 && errno == EACCES)
    return {no_access(path, EACCES)};
  return {};
}

/// Both sides answered, and have no version in common.
bool is_version_gap(const docker::Error& error) {
  return error.kind() == docker::ErrorKind::engine && error.status() == 0;
}

Finding finding_of(const docker::Error& error, const std::string& host) {
  if (is_version_gap(error)) {
    return {Cause::engine_version, error.what(),
            std::string("use an engine whose API has a version from ") + docker::kOldestApi + " to " +
                docker::kNewestApi +
                ": a newer engine where it ends before, a newer agent where it begins after"};
  }
  switch (error.kind()) {
    case docker::ErrorKind::timeout:
      return {Cause::engine_answer, "the engine at " + host + " takes connections but does not answer",
              "look at the engine's log; restart it"};
    case docker::ErrorKind::not_found:  // Every engine has a version; what does not is a web server.
    case docker::ErrorKind::bad_response:
      return {Cause::engine_answer, "what answers at " + host + " is no Docker engine: " + error.what(),
              "check DOCKER_HOST; where it is the engine's, look at the engine's log and restart it"};
    case docker::ErrorKind::unavailable:
      return {Cause::engine_socket, error.what(),
              "start the Docker engine; check DOCKER_HOST, and DOCKER_CERT_PATH where it is set"};
    default:
      return {
          Cause::engine_answer, std::string("the engine answers with an error: ") + error.what(),
          "look at the engine's log and restart it; check what stands in between (an authorization plugin)"};
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
    const auto info = engine.info(call);
    if (!socket.empty()) report.root_dir = info.root_dir;
  } catch (const docker::Error& error) {
    report.findings.push_back(finding_of(error, target.host));
  }
  return report;
}

}  // namespace cattle::agent::doctor
