// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace cattle::handlers {

/// The event can't be decoded; `what()` names the JSON path ("data.instanceHostMap.instance.uuid: expected a
/// string").
class RequestError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The work was done and the confirming look says that it did not help, or a peer other than the engine
/// refused.
class OperationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace cattle::handlers
