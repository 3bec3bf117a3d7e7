// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/doctor.hpp"

#include "agent/doctor/dead_mounts.hpp"
#include "agent/doctor/state_files.hpp"
#include "agent/doctor/user_check.hpp"
#include "config/config.hpp"
#include "docker-client/http/url.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <future>
#include <vector>

namespace cattle::agent::doctor {
namespace {

void append(Findings& all, const Findings& more) {
  all.insert(all.end(), more.begin(), more.end());
}

/// A check that fails by itself is a finding too, never an end without a word.
template <typename Check>
Findings guarded(Check check) {
  try {
    return check();
  } catch (const std::exception& error) {
    return {{Cause::configuration, std::string("a check could not be made: ") + error.what(),
             "mend what the message names, then run doctor again"}};
  }
}

/// What servers and settings say may hold anything; a finding is two lines.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char letter) { return std::iscntrl(letter) != 0; }, ' ');
  return text;
}

/// Files of settings that this user can't read; what is missing may well be said there.
std::vector<std::string> unread_settings(const HostRoots& host) {
  auto files = host.named_files;
  for (const auto& state : host.state_dirs) files.push_back(config::credentials_file(state));
  std::erase_if(files, [](const auto& file) { return !is_only_for_root(file); });
  return files;
}

Findings configuration_findings(const Examination& examination) {
  const auto unread = unread_settings(examination.host);
  Findings findings;
  for (const auto& setting : examination.ignored_settings) {
    const bool is_unread = std::any_of(unread.begin(), unread.end(), [&](const auto& file) {
      return setting.find(file) != std::string::npos;
    });
    if (is_unread) continue;
    findings.push_back({Cause::configuration, setting,
                        "mend or remove what is named there: the agent goes on as if it were not set"});
  }
  if (!examination.configuration_problem.empty() && unread.empty()) {
    findings.push_back(
        {Cause::configuration, examination.configuration_problem,
         "set it in the environment or in /var/lib/rancher/etc/agent.conf, or run the Add Host line"});
  }
  return findings;
}

Findings address_findings(const Examination& examination) {
  const auto url = http::parse_url(examination.server.connection.url);
  return check_address(examination.address, url ? url->host : "", url ? url->port : "");
}

/// `engine_root` may be empty.
Findings disk_findings(const HostRoots& host, const std::string& engine_root) {
  auto disks = host.directories;
  Findings findings;
  if (!engine_root.empty()) findings = check_mounts_answer({engine_root});
  if (!engine_root.empty() && findings.empty()) disks.push_back(engine_root);
  append(findings, check_disks(host, disks));
  return findings;
}

}  // namespace

Diagnosis examine(const Examination& examination) {
  Diagnosis diagnosis;
  EngineReport engine;
  Findings engine_findings;
  Findings server_findings;
  Findings host_findings;
  {
    // Each ends with its future.
    const auto engine_check = std::async(std::launch::async, [&] {
      engine_findings = guarded([&] {
        engine = check_engine(examination.engine);
        return engine.findings;
      });
    });
    const auto server_check = std::async(std::launch::async, [&] {
      if (examination.server.connection.url.empty()) return;
      server_findings = guarded([&] { return check_server(examination.server); });
    });
    const auto& state_dirs = examination.host.state_dirs;
    if (!state_dirs.empty())
      append(diagnosis.findings, guarded([&] { return check_credentials(state_dirs.front()); }));
    append(diagnosis.findings, guarded([&] { return configuration_findings(examination); }));
    append(diagnosis.findings, guarded([&] { return address_findings(examination); }));
    host_findings = guarded([&] { return check_host(examination.host); });
  }
  diagnosis.engine_version = engine.version;
  append(diagnosis.findings, guarded([&] { return disk_findings(examination.host, engine.root_dir); }));
  append(diagnosis.findings, host_findings);
  append(diagnosis.findings, engine_findings);
  append(diagnosis.findings, server_findings);
  // Last, so that it hides nothing that root would meet, too.
  append(diagnosis.findings, guarded([&] { return check_user(examination.host); }));
  return diagnosis;
}

int report(const Diagnosis& diagnosis, bool as_json, std::ostream& out) {
  const int code = diagnosis.findings.empty() ? 0 : static_cast<int>(diagnosis.findings.front().cause);
  if (as_json) {
    auto list = nlohmann::json::array();
    for (const auto& finding : diagnosis.findings) {
      list.push_back({{"code", static_cast<int>(finding.cause)},
                      {"check", to_string(finding.cause)},
                      {"found", one_line(finding.what)},
                      {"remedy", finding.remedy}});
    }
    out << nlohmann::json{{"findings", list}, {"engineVersion", diagnosis.engine_version}, {"exitCode", code}}
               .dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
        << '\n';
    return code;
  }
  if (diagnosis.findings.empty())
    out << "nothing found: this host, its engine and the server are fit for the agent\n";
  for (const auto& finding : diagnosis.findings) {
    out << to_string(finding.cause) << " (" << static_cast<int>(finding.cause)
        << "): " << one_line(finding.what) << "\n    " << finding.remedy << '\n';
  }
  return code;
}

}  // namespace cattle::agent::doctor
