// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace cattle::support {

struct TestCertificate {
  std::string certificate_file;  ///< PEM; the leaf alone.
  std::string key_file;
};

/// A certificate authority of the test's own, in a directory of its own that goes when it does.
class TestCa {
 public:
  TestCa();
  ~TestCa();
  TestCa(const TestCa&) = delete;
  TestCa& operator=(const TestCa&) = delete;

  [[nodiscard]] std::string ca_file() const;
  /// For these host names and IP addresses; valid for a day around now, or until an hour ago.
  [[nodiscard]] TestCertificate issue(const std::vector<std::string>& names, bool expired = false) const;
  /// Valid from tomorrow on.
  [[nodiscard]] TestCertificate issue_early(const std::vector<std::string>& names) const;
  /// By an intermediate CA; its certificate follows the leaf's in the file when `with_chain`.
  [[nodiscard]] TestCertificate issue_by_intermediate(const std::vector<std::string>& names,
                                                      bool with_chain) const;
  /// A client's, with that common name.
  [[nodiscard]] TestCertificate issue_client(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cattle::support
