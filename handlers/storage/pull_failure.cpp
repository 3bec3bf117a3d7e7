// SPDX-License-Identifier: Apache-2.0
#include "handlers/storage/pull_failure.hpp"

namespace cattle::handlers {
namespace {

std::string cause(const std::optional<docker::RegistryAuth>& auth, docker::ErrorKind kind) {
  switch (kind) {
    case docker::ErrorKind::not_found:
    case docker::ErrorKind::image_missing:
      return "the registry has no such image or tag";
    case docker::ErrorKind::unauthorized:
      return auth ? "the registry denies access to user " + auth->username
                  : "the registry denies access without a credential, or there is no such image";
    case docker::ErrorKind::rate_limited:
      return "the registry limits pulls and asks to try later";
    case docker::ErrorKind::network:
      return "the registry could not be reached";
    case docker::ErrorKind::no_space:
      return "the disk of the host is full";
    case docker::ErrorKind::unavailable:
      return "the Docker engine went away";
    case docker::ErrorKind::timeout:
      return "nothing came from the registry for too long";
    case docker::ErrorKind::cancelled:
      return "it was cancelled";
    case docker::ErrorKind::conflict:
    case docker::ErrorKind::bad_response:
    case docker::ErrorKind::engine:
      break;
  }
  return "the Docker engine failed";
}

}  // namespace

std::string pull_failure(const std::string& image, const std::optional<docker::RegistryAuth>& auth,
                         const docker::Error& error) {
  const std::string& own = error.engine_message().empty() ? error.what() : error.engine_message();
  return "Image " + image + " could not be pulled: " + cause(auth, error.kind()) + " (" + own + ")";
}

}  // namespace cattle::handlers
