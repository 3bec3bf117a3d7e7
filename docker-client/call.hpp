// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace cattle::docker {

/// One request to the engine, as it is to be logged.
struct CallRecord {
  std::string method;
  std::string path;  ///< Without the version prefix; what could be a secret in its query is left out.
  int status = 0;    ///< 0: no answer.
  std::chrono::microseconds took{0};
};

/// A request before it is sent, for a rehearsal.
struct Proposal {
  std::string method;
  std::string target;  ///< Path and query, without the version prefix; what could be a secret in its query is
                       ///< left out.
  std::string body;    ///< Empty when a file is uploaded.
  /// Who would be asked, where it is not the engine: "storage driver rancher-nfs". Those who ask others
  /// pretend the answer themselves.
  std::string peer = {};
};

/// What a rehearsal answers in the engine's place.
struct Rehearsed {
  int status = 200;
  std::string body;
};

/// Travels with every verb: how to cancel it, when it must be over, who wants to know. Copy freely.
struct Call {
  std::stop_token stop;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::function<void(const CallRecord&)>
      observer;  ///< Called on the calling thread after each request; may be empty.
  /// Asked before each request; when it answers, nothing is sent. Empty: all is sent. What it throws comes
  /// out of the verb.
  std::function<std::optional<Rehearsed>(const Proposal&)> rehearse = {};
};

}  // namespace cattle::docker
