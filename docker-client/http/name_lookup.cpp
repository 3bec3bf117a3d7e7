// SPDX-License-Identifier: Apache-2.0
#include "docker-client/http/name_lookup.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace cattle::http {
namespace {

std::string failure(int code) {
  if (code == EAI_SYSTEM) return std::generic_category().message(errno);
  return ::gai_strerror(code);
}

NameLookup::Answer look_up(const std::string& host, int flags) {
  NameLookup::Answer answer;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (failed != 0) {
    answer.error = failure(failed);
    return answer;
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) == 0)
      answer.addresses.emplace_back(text.data());
  }
  if (answer.addresses.empty()) answer.error = "no address";
  return answer;
}

}  // namespace

struct NameLookup::State {
  explicit State(std::string name) : host(std::move(name)) {}

  void finish(Answer found) {
    const std::lock_guard lock(mutex);
    answer = std::move(found);
    if (ready) ready();
    changed.notify_all();
  }

  const std::string host;
  std::mutex mutex;
  std::condition_variable_any changed;
  // Guarded by the mutex
  std::optional<Answer> answer;
  std::function<void()> ready;
};

NameLookup::~NameLookup() {
  forget();
}

void NameLookup::ask(const std::string& host, std::function<void()> ready) {
  if (state_ && state_->host == host) {
    const std::lock_guard lock(state_->mutex);
    const bool failed = state_->answer && !state_->answer->error.empty();
    if (!failed) {  // Under way, or come in when the one before had given up.
      state_->ready = std::move(ready);
      if (state_->answer && state_->ready) state_->ready();
      return;
    }
  }
  forget();
  state_ = std::make_shared<State>(host);
  state_->ready = std::move(ready);
  if (auto numeric = look_up(host, AI_NUMERICHOST); numeric.error.empty())
    return state_->finish(std::move(numeric));
  try {
    std::thread([state = state_] { state->finish(look_up(state->host, 0)); }).detach();
  } catch (const std::system_error& error) {
    state_->finish({{}, std::string("no thread for it: ") + error.what()});
  }
}

void NameLookup::forget() {
  if (!state_) return;
  const std::lock_guard lock(state_->mutex);
  state_->ready = nullptr;
}

std::optional<NameLookup::Answer> NameLookup::answer() {
  if (!state_) return std::nullopt;
  std::optional<Answer> found;
  {
    const std::lock_guard lock(state_->mutex);
    found = std::exchange(state_->answer, std::nullopt);
  }
  if (found) state_.reset();
  return found;
}

std::optional<NameLookup::Answer> NameLookup::wait(const std::string& host, const std::stop_token& stop) {
  ask(host, nullptr);
  {
    std::unique_lock lock(state_->mutex);
    if (!state_->changed.wait(lock, stop, [this] { return state_->answer.has_value(); })) return std::nullopt;
  }
  return answer();
}

}  // namespace cattle::http
