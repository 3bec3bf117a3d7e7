// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "handlers/context.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <string>

namespace cattle::handlers {

/// A bare IPv4 address or "": the inspect's own, else that of network `bridge`, else of the first of the
/// other networks by name that has one (S45).
[[nodiscard]] std::string engine_address(const nlohmann::json& inspect);

struct AddressWaitOptions {
  std::string cni_state_dir = "/var/lib/rancher/state/cni";
  std::string proc = "/proc";
  std::chrono::milliseconds longest{30'000};
  std::chrono::milliseconds first_pause{250};   ///< Doubled up to 2 s.
  std::chrono::milliseconds reply_time{5'000};  ///< Of the event's time, kept for what follows (R54).
};

/// What becomes of a container whose address never comes.
enum class AddressFailure : std::uint8_t {
  thrown,  ///< An OperationError, if the container still runs.
  ignored  ///< "" (no-op events, H91).
};

/// Address of a container that a CNI plugin connects after its start (4.4, H90): from the plugin's state file
/// `<cni_state_dir>/<id>/<StartedAt>`, or from eth0 in the container's network as `/proc/<pid>/net` shows it.
class AddressWait {
 public:
  AddressWait(const docker::Client& engine, AddressWaitOptions options)
      : engine_(engine), options_(std::move(options)) {}

  /// `container` has just been inspected. One without the label io.rancher.cni.network has its
  /// engine_address().
  [[nodiscard]] std::string address(const docker::Container& container, AddressFailure failure,
                                    const Context& context) const;

 private:
  /// What one look has found. `missing` says which step has not happened; `error` is the plugin's own.
  struct Look {
    std::string address;
    std::string missing;
    std::string error;
  };

  [[nodiscard]] Look look(const docker::Container& container) const;
  [[nodiscard]] Look wait(const docker::Container& container, const Context& context) const;
  [[nodiscard]] Look in_state_file(const docker::Container& container) const;
  [[nodiscard]] bool has_ended(const docker::Container& container, const Context& context) const;

  const docker::Client& engine_;
  AddressWaitOptions options_;
};

}  // namespace cattle::handlers
