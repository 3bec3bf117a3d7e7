// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace cattle::subscriber {

/// The first 200 bytes of what a server said, in printable ASCII, for one log line.
[[nodiscard]] inline std::string excerpt(std::string_view body) {
  std::string text(body.substr(0, 200));
  for (char& c : text)
    if (c < ' ' || c > '~') c = ' ';
  return text;
}

}  // namespace cattle::subscriber
