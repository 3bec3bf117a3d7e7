// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace cattle::support {

/// While it lives, the system's resolver answers nothing for names that end in ".dead.test": in the program
/// that links this, getaddrinfo() of such a name hangs until revive(). From then on they mean 127.0.0.1. One
/// at a time.
class DeadNames {
 public:
  DeadNames();
  ~DeadNames();  ///< revive(), and waits for the look-ups that hung.
  DeadNames(const DeadNames&) = delete;
  DeadNames& operator=(const DeadNames&) = delete;

  void revive();
  [[nodiscard]] int asked() const;  ///< Look-ups of such names so far.
};

}  // namespace cattle::support
