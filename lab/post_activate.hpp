// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/event_data.hpp"

namespace cattle::lab {

/// The server could not digest a reply that said success (E3, E4; cattle-protocol 5.6, pasturestack 4.1).
/// `what()` is what the process shows.
class Rejected : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Takes the reply of an activation over: checks it as strictly as the flavour does (throws Rejected before
/// anything is changed), merges it into the instance, then makes ports, address, mounts and volumes of it.
void take_activation(Store& store, Flavour flavour, Row& instance, const Row& host,
                     const nlohmann::json& instance_update);

}  // namespace cattle::lab
