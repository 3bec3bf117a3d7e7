// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cattle::config {

/// The agent.conf files of both families, the later ones winning, as a start script would source them.
[[nodiscard]] std::vector<std::filesystem::path> option_files(const std::string& home);

/// Adds the assignments of one file's text to `values`. Understood: `KEY=value`, with or without `export`,
/// one level of quotes, comments. Nothing is ever evaluated: a line that a shell would have to expand is left
/// out with a warning, which names file and line, never the value.
void parse_option_file(std::string_view text, const std::string& file_name,
                       std::map<std::string, std::string>& values, std::vector<std::string>& warnings);

/// Reads those of `files` that exist. What is there and is no file, or can't be read, is passed over with a
/// warning.
[[nodiscard]] std::map<std::string, std::string> read_option_files(
    const std::vector<std::filesystem::path>& files, std::vector<std::string>& warnings);

/// "if:eth0" or "10.0.0.0/8": forms of CATTLE_AGENT_IP that only registering writes into agent.conf, since
/// the stock image does not start with them in its environment.
[[nodiscard]] bool is_address_rule(std::string_view address);

/// Leaves such an entry out where the process's own environment has the name: what it says is newer.
void drop_overruled_address(std::map<std::string, std::string>& values, const Environment& environment);

}  // namespace cattle::config
