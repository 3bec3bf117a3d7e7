// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/event.hpp"
#include "docker-client/client.hpp"
#include "handlers/context.hpp"
#include "handlers/host/child_process.hpp"
#include "handlers/options.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace cattle::handlers {

struct DelegateOptions {
  std::string nsenter = "nsenter";
  int attempts = 3;
  std::chrono::milliseconds interval{1'000};
  std::chrono::milliseconds limit{40'000};  ///< Of all attempts.
};

/// delegate.request (7.2): an event for an agent that is a container on this host. Its handler is a script of
/// the container, run in the container's namespaces, and only ever `<home>/events/<name>` with a checked
/// name: nothing that the server sends is run, and the event itself goes to the script's stdin. No reply when
/// there is no such running container, nor to an event that wants none, whose script runs all the same.
class DelegateRequest {
 public:
  DelegateRequest(const HostOptions& host, const docker::Client& engine, DelegateOptions options = {})
      : host_(host), engine_(engine), options_(std::move(options)) {}

  /// The reply's data is a whole reply to the inner event. Throws OperationError with the script's output
  /// when it failed, RequestError when the inner event has no name that a script could have.
  [[nodiscard]] std::optional<nlohmann::json> handle(const subscriber::Event& event, Context& context) const;

 private:
  [[nodiscard]] std::optional<docker::Container> find(const nlohmann::json& data, Context& context) const;
  [[nodiscard]] ChildResult run(const docker::Container& container, const std::string& script,
                                const std::string& input, const Context& context) const;
  [[nodiscard]] std::map<std::string, std::string> environment(const docker::Container& container) const;

  const HostOptions& host_;
  const docker::Client& engine_;
  DelegateOptions options_;
};

}  // namespace cattle::handlers
