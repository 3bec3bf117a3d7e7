// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace cattle::docker {

/// Only what somebody branches on. The decoder in error.cpp is the one place that reads the engine's message
/// text.
enum class ErrorKind : std::uint8_t {
  not_found,      ///< 404 other than image_missing.
  image_missing,  ///< 404 on create, "No such image".
  conflict,       ///< 409.
  unauthorized,   ///< Registry or engine says denied / authentication required.
  rate_limited,   ///< Registry says too many requests.
  network,        ///< The engine could not reach the registry (no route, time-out, name, TLS).
  no_space,       ///< Disk full.
  unavailable,    ///< The engine could not be reached, or went away in the middle.
  timeout,
  cancelled,
  bad_response,  ///< Not what the API promises.
  engine         ///< Anything else that the engine reports (400, 500 ...).
};

[[nodiscard]] const char* to_string(ErrorKind kind);

/// `what()` is a sentence for a person: operation, subject, and the engine's own text.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, int status, std::string operation, std::string engine_message);
  [[nodiscard]] ErrorKind kind() const { return kind_; }
  [[nodiscard]] int status() const { return status_; }  ///< 0 when there was no answer.
  [[nodiscard]] const std::string& operation() const {
    return operation_;
  }  ///< "POST /containers/{id}/start".
  [[nodiscard]] const std::string& engine_message() const {
    return engine_message_;
  }  ///< The engine's text, untouched.

 private:
  ErrorKind kind_;
  int status_;
  std::string operation_;
  std::string engine_message_;
};

}  // namespace cattle::docker
