// SPDX-License-Identifier: Apache-2.0
#include "handlers/model/process_data.hpp"

#include "handlers/json_fields.hpp"

#include <cstdint>
#include <limits>

namespace cattle::handlers {

ProcessData decode_process_data(const nlohmann::json& data) {
  ProcessData decoded;
  if (!data.is_object()) return decoded;
  const auto process = data.find("processData");
  if (process == data.end() || !process->is_object()) return decoded;
  const auto no_op = process->find("containerNoOpEvent");
  decoded.no_op = no_op != process->end() && no_op->is_boolean() && no_op->get<bool>();
  const auto timeout = process->find("timeout");
  if (timeout == process->end()) return decoded;
  const auto seconds = whole_number(*timeout);
  if (seconds && *seconds >= 0 && *seconds <= std::numeric_limits<std::int32_t>::max()) {
    decoded.stop_timeout = std::chrono::seconds(*seconds);
  }
  return decoded;
}

}  // namespace cattle::handlers
