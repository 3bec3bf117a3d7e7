// SPDX-License-Identifier: Apache-2.0
#include "agent/outage_log.hpp"

namespace cattle::agent {
namespace {

using subscriber::Trouble;

struct Advice {
  const char* what;
  const char* to_do;
};

Advice advice(Trouble trouble) {
  switch (trouble) {
    case Trouble::unreachable:
      return {"the server can't be reached", "check CATTLE_URL, the network and the server"};
    case Trouble::bad_credentials:
      return {
          "the server does not accept the credentials",
          "Credentials are no longer valid, please re-register this agent (or check CATTLE_ACCESS_KEY and "
          "CATTLE_SECRET_KEY)"};
    case Trouble::agent_gone:
      return {"the server has no usable agent for this key",
              "the host was removed or deactivated there, or is still being registered"};
    case Trouble::ambiguous_agent:
      return {"the server can't tell which agent this is", "give --agent-id or CATTLE_AGENT_ID"};
    case Trouble::not_found:
      return {"the server has no such address", "check the path of CATTLE_URL: it ends in /v1 or /v2-beta"};
    case Trouble::refused:
      return {"the server refused the subscription", "see its answer"};
    case Trouble::wrong_account:
      return {"the server does not take this key for an agent's, no events would come",
              "register this host, or use an agent's key"};
    case Trouble::silent:
      return {"nothing was heard from the server, the link counts as dead", "check the network"};
    case Trouble::closed:
      return {"the server closed the subscription", "nothing to do unless it goes on"};
  }
  return {"the subscription ended", ""};
}

}  // namespace

void OutageLog::began(const subscriber::Outage& outage) {
  if (!since_) since_ = std::chrono::steady_clock::now();
  const auto [what, to_do] = advice(outage.trouble);
  log_.warn(std::string("not subscribed: ") + what + " (step " + subscriber::to_string(outage.step) +
            "): " + outage.detail + "; " + to_do + "; trying again until it works");
}

void OutageLog::goes_on(const subscriber::Outage& outage) {
  log_.debug(std::string("still not subscribed (step ") + subscriber::to_string(outage.step) +
             "): " + outage.detail);
}

void OutageLog::subscribed(const std::string& server_version) {
  std::string line = "subscribed to " + server_url_;
  if (since_) {
    const auto away =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - *since_);
    line += was_subscribed_ ? ", was away for " : ", after trying for ";
    line += std::to_string(away.count()) + " ms";
  }
  if (!was_subscribed_) {
    line += server_version.empty() ? "; a server of the original kind"
                                   : "; a PastureStack server, " + one_line(server_version, 64);
  }
  since_.reset();
  was_subscribed_ = true;
  log_.info(line);
}

}  // namespace cattle::agent
