// SPDX-License-Identifier: Apache-2.0
#include "lab/faults.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace cattle::lab {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 9> kKinds{"drop",   "delay",  "duplicate", "resend", "cut",
                                                 "freeze", "refuse", "slow",      "lose"};

std::int64_t whole(const json& body, const char* key, std::int64_t otherwise) {
  const auto it = body.find(key);
  if (it == body.end() || it->is_null()) return otherwise;
  if (!it->is_number_integer() || it->get<std::int64_t>() < 0) {
    throw std::invalid_argument(std::string("/") + key + " must be a whole number, not negative");
  }
  return it->get<std::int64_t>();
}

}  // namespace

Fault fault_from(const json& body) {
  if (!body.is_object()) throw std::invalid_argument("/ must be an object");
  Fault fault;
  fault.kind = body.value("kind", json("")).is_string() ? body.value("kind", "") : "";
  if (std::find(kKinds.begin(), kKinds.end(), fault.kind) == kKinds.end()) {
    throw std::invalid_argument(
        "/kind must be one of drop, delay, duplicate, resend, cut, freeze, refuse, slow, lose");
  }
  if (const auto it = body.find("target"); it != body.end() && it->is_string())
    fault.target = it->get<std::string>();
  fault.status = static_cast<int>(whole(body, "status", fault.status));
  fault.millis = Milliseconds(whole(body, "millis", 0));
  fault.count = static_cast<int>(whole(body, "count", 1));
  return fault;
}

json Faults::list() const {
  json out = json::array();
  for (const Fault& fault : faults_) {
    out.push_back({{"kind", fault.kind},
                   {"target", fault.target},
                   {"status", fault.status},
                   {"millis", fault.millis.count()},
                   {"count", fault.count}});
  }
  return out;
}

std::optional<Fault> Faults::take(std::string_view kind, std::string_view target) {
  for (auto it = faults_.begin(); it != faults_.end(); ++it) {
    if (it->kind != kind || (it->target != "*" && it->target != target)) continue;
    Fault found = *it;
    if (--it->count <= 0) faults_.erase(it);
    return found;
  }
  return std::nullopt;
}

}  // namespace cattle::lab
