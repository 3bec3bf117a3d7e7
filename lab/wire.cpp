// SPDX-License-Identifier: Apache-2.0
#include "lab/wire.hpp"

#include "lab/store.hpp"

#include <utility>

namespace cattle::lab {

void Wire::record(const char* kind, std::int64_t account, const nlohmann::json& body, std::string note) {
  entries_.push_back({{"number", next_++},
                      {"time", now_millis()},
                      {"kind", kind},
                      {"account", account},
                      {"note", std::move(note)},
                      {"body", body}});
  if (entries_.size() > kKept) entries_.pop_front();
}

nlohmann::json Wire::since(std::int64_t after) const {
  auto out = nlohmann::json::array();
  for (const auto& entry : entries_) {
    if (entry.at("number").get<std::int64_t>() > after) out.push_back(entry);
  }
  return out;
}

}  // namespace cattle::lab
