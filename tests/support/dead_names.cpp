// SPDX-License-Identifier: Apache-2.0
#include "tests/support/dead_names.hpp"

#include <dlfcn.h>
#include <netdb.h>

#include <condition_variable>
#include <mutex>
#include <string_view>

namespace cattle::support {
namespace {

struct Resolver {
  std::mutex mutex;
  std::condition_variable changed;
  bool dead = false;
  int asked = 0;
  int hanging = 0;
};

/// Never destroyed: a look-up may end after main().
Resolver& resolver() {
  static auto& one = *new Resolver;
  return one;
}

/// Returns when it may be answered.
void hang() {
  auto& state = resolver();
  std::unique_lock lock(state.mutex);
  ++state.asked;
  ++state.hanging;
  state.changed.wait(lock, [&] { return !state.dead; });
  --state.hanging;
  state.changed.notify_all();
}

}  // namespace

DeadNames::DeadNames() {
  auto& state = resolver();
  const std::lock_guard lock(state.mutex);
  state.dead = true;
  state.asked = 0;
}

DeadNames::~DeadNames() {
  revive();
  auto& state = resolver();
  std::unique_lock lock(state.mutex);
  state.changed.wait(lock, [&] { return state.hanging == 0; });
}

void DeadNames::revive() {
  auto& state = resolver();
  const std::lock_guard lock(state.mutex);
  state.dead = false;
  state.changed.notify_all();
}

int DeadNames::asked() const {
  auto& state = resolver();
  const std::lock_guard lock(state.mutex);
  return state.asked;
}

}  // namespace cattle::support

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  const bool by_name = hints == nullptr || (hints->ai_flags & AI_NUMERICHOST) == 0;
  if (by_name && node != nullptr && std::string_view(node).ends_with(".dead.test")) {
    cattle::support::hang();
    node = "127.0.0.1";
  }
  return real(node, service, hints, result);
}
