// SPDX-License-Identifier: Apache-2.0
#include "lab/calls.hpp"

#include "lab/store.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

std::string error_message(const json& reply) {
  const std::string internal = text(reply, "transitioningInternalMessage");
  return internal.empty() ? text(reply, "transitioningMessage") : internal;
}

}  // namespace

json Calls::event_of(const CallSpec& spec, const std::string& reply_to) const {
  json event{{"name", spec.name},
             {"replyTo", reply_to},
             {"resourceType", spec.resource_type},
             {"resourceId", spec.resource_id},
             {"data", spec.data},
             {"timeoutMillis", spec.timeout.count()}};
  if (spec.context.is_object()) event["context"] = spec.context;
  if (settings_.null_keys) {
    for (const char* key :
         {"previousIds", "previousNames", "publisher", "transitioning", "transitioningMessage",
          "transitioningInternalMessage", "transitioningProgress"}) {
      event[key] = nullptr;
    }
  }
  return event;
}

asio::awaitable<void> Calls::wait_for_answer(const CallSpec& spec, Pending& pending) {
  boost::system::error_code error;
  while (true) {
    pending.timer->expires_after(spec.timeout);
    if (pending.final_reply.is_null() && !pending.abandoned) {
      co_await pending.timer->async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
    if (!pending.final_reply.is_null() || pending.abandoned) co_return;
    if (!spec.progress_extends || !pending.progressed) co_return;
    pending.progressed = false;
  }
}

asio::awaitable<Outcome> Calls::call(CallSpec spec) {
  std::string address;
  if (free_addresses_.empty()) {
    address = ids_.reply_address();
  } else {
    address = free_addresses_.back();
    free_addresses_.pop_back();
  }
  asio::steady_timer timer(io_);
  Pending pending{ids_.uuid(), &timer, nullptr, false, spec.progress_extends, false, spec.on_progress};
  pending_[address] = &pending;
  json event = event_of(spec, address);
  event["id"] = pending.event_id;
  for (int sent = 0; sent < spec.sends && pending.final_reply.is_null() && !pending.abandoned; ++sent) {
    event["time"] = now_millis();
    bus_.publish("agent=" + std::to_string(spec.agent), event);
    co_await wait_for_answer(spec, pending);
  }
  pending_.erase(address);
  free_addresses_.push_back(address);
  Outcome out;
  out.event_id = pending.event_id;
  out.reply = pending.final_reply;
  if (!out.reply.is_null()) {
    const bool failed = text(out.reply, "transitioning") == "error";
    out.answer = failed ? Answer::error : Answer::success;
    if (failed) out.message = error_message(out.reply);
  }
  co_return out;
}

bool Calls::deliver(const json& reply) {
  const auto it = pending_.find(text(reply, "name"));
  if (it == pending_.end()) return false;
  Pending& pending = *it->second;
  const auto ids = reply.find("previousIds");
  if (ids == reply.end() || !ids->is_array() || ids->empty() || ids->front() != pending.event_id)
    return false;
  if (!pending.final_reply.is_null()) return false;
  const std::string transitioning = text(reply, "transitioning");
  if (transitioning.empty() || transitioning == "no" || transitioning == "error") {
    pending.final_reply = reply;
    pending.timer->cancel();
    return true;
  }
  if (!pending.progress_wanted) return false;
  pending.progressed = true;
  if (pending.on_progress) pending.on_progress(reply);
  return true;
}

void Calls::abandon_all() {
  for (auto& [address, pending] : pending_) {
    pending->abandoned = true;
    pending->timer->cancel();
  }
}

}  // namespace cattle::lab
