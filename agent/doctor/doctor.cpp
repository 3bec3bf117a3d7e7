// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/doctor.hpp"

#include "agent/doctor/state_files.hpp"
#include "docker-client/http/url.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <future>

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

Findings configuration_findings(const Examination& examination) {
  if (examination.configuration_problem.empty()) return {};
  return {{Cause::configuration, examination.configuration_problem,
           "set it in the environment or in /var/lib/rancher/etc/agent.conf, or run the Add Host line"}};
}

Findings address_findings(const Examination& examination) {
  const auto url = http::parse_url(examination.server.connection.url);
  return check_address(examination.address, url ? url->host : "", url ? url->port : "");
}

}  // namespace

Diagnosis examine(const Examination& examination) {
  Diagnosis diagnosis;
  Findings engine_findings;
  Findings server_findings;
  {
    // Each ends with its future.
    const auto engine = std::async(std::launch::async, [&] {
      engine_findings = guarded([&] {
        auto report = check_engine(examination.engine);
        diagnosis.engine_version = report.version;
        auto found = std::move(report.findings);
        if (!report.root_dir.empty()) {
          HostRoots root = examination.host;
          root.disks = {report.root_dir};
          append(found, check_disks(root));
        }
        return found;
      });
    });
    const auto server = std::async(std::launch::async, [&] {
      if (examination.server.connection.url.empty()) return;
      server_findings = guarded([&] { return check_server(examination.server); });
    });
    append(diagnosis.findings, guarded([&] { return check_credentials(examination.host.state_dir); }));
    append(diagnosis.findings, configuration_findings(examination));
    append(diagnosis.findings, guarded([&] { return address_findings(examination); }));
    append(diagnosis.findings, guarded([&] { return check_host(examination.host); }));
  }
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
