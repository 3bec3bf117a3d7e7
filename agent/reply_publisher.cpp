// SPDX-License-Identifier: Apache-2.0
#include "agent/reply_publisher.hpp"

namespace cattle::agent {

using subscriber::PublishResult;

PublishResult ReplyPublisher::publish(Work& work, const std::string& body, EventLog& log,
                                      const std::stop_token& stop) const {
  work.publishing();
  return server_.publish(
      body, [&work] { return work.deadline(); }, stop,
      [&log](std::chrono::milliseconds waited) {
        log.warn("the server did not answer the reply in " + std::to_string(waited.count()) +
                 " ms, and may have it; posting it again");
      });
}

bool ReplyPublisher::publish_progress(Work& work, const std::string& body, std::chrono::milliseconds limit,
                                      const std::stop_token& stop) const {
  const auto result = server_.publish_once(body, limit, stop);
  if (result.kind == PublishResult::Kind::accepted) work.rearm(Clock::now());
  return result.kind != PublishResult::Kind::gave_up || result.status != 0;
}

std::string describe(const PublishResult& result) {
  const std::string attempts =
      result.attempts > 1 ? " after " + std::to_string(result.attempts) + " attempts" : "";
  switch (result.kind) {
    case PublishResult::Kind::accepted:
      return "server answered " + std::to_string(result.status) + attempts;
    case PublishResult::Kind::refused:
      return "server refused the reply" + attempts + ": " + result.detail;
    case PublishResult::Kind::gave_up:
      return "reply given up" + attempts + ": " + result.detail;
  }
  return {};
}

}  // namespace cattle::agent
