// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace cattle::agent {

/// Stars the secret values of one event in any text: values of environments, of credentials, and of whatever
/// is named like a secret. The last line of defence: engines quote what they were given in their errors. Any
/// thread.
///
/// What errors must name stays readable: where a variable's value is (part of) the image, a mount, a name or
/// a port of this event, or a state's word, it is no secret there; a PGDATA is the path of a mount, too.
/// Credentials, and what is named like a secret, are starred wherever they stand.
class Redaction {
 public:
  /// `data` outlives this; it is searched when the first text comes, not before.
  explicit Redaction(const nlohmann::json& data) : data_(data) {}
  /// A secret is found as it is and as JSON writes it.
  [[nodiscard]] std::string apply(std::string_view text) const;
  /// The same for each text in a document but its keys, so that it stays the document that it was.
  [[nodiscard]] nlohmann::json document(nlohmann::json document) const;

 private:
  struct Secret {
    std::string text;
    std::string assigned;  ///< "KEY=" of a variable: right behind that, it is always starred.
    bool always = false;   ///< Also where it is part of what must be named.
  };

  void search() const;
  [[nodiscard]] bool is_named_there(std::string_view text, std::size_t at, const Secret& secret) const;

  const nlohmann::json& data_;
  mutable std::once_flag searched_;
  mutable std::vector<Secret> secrets_;  ///< Longest first, so that no part of one is left over by another.
  mutable std::vector<std::string> named_;  ///< What errors must name.
};

}  // namespace cattle::agent
