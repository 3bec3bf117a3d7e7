// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"

#include <string>

namespace cattle::agent::commands {

/// For --help: what each exit code of the doctor means.
[[nodiscard]] std::string doctor_codes_help();

/// `cattle-agent doctor [--json]`: changes nothing. The exit code is the first finding's
/// (doctor/finding.hpp), 0 for none.
[[nodiscard]] int run_doctor(bool as_json, const config::Environment& environment);

}  // namespace cattle::agent::commands
