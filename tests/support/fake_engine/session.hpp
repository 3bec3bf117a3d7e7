// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/fake_engine.hpp"
#include "tests/support/fake_engine/state.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cattle::support {

/// One client's connection: reads requests, writes answers and their faults. Does not own the socket.
class EngineSession {
 public:
  EngineSession(int socket, std::function<bool()> stopping);
  ~EngineSession();
  EngineSession(const EngineSession&) = delete;
  EngineSession& operator=(const EngineSession&) = delete;

  /// nullopt when the client has gone, or talks nonsense.
  std::optional<EngineCall> read();
  /// False when the connection must be closed. `Handler` is FakeEngine::State, private to that class.
  template <typename Handler>
  bool answer(Handler& state, const EngineCall& call, const std::optional<Fault>& fault) {
    if (fault && fault->kind == Fault::Kind::drop) return false;
    if (fault && fault->kind == Fault::Kind::answer)
      return write(fail(fault->status, fault->message), std::nullopt);
    if (fault && fault->kind == Fault::Kind::garbage)
      return write({200, "\x01{not json", "application/json", {}}, {});
    const FakeEngineOptions options = state.options();
    api_version_ = options.api_version;
    server_ = "Docker/" + options.version + " (linux)";
    const Answer answer = state.handle(call, [this] { return gone(); });
    if (gone() || (fault && fault->kind == Fault::Kind::drop_after)) return false;
    return write(answer, fault);
  }
  void pause(std::chrono::milliseconds time) const;
  void wait_until(const std::function<bool()>& condition) const;

 private:
  struct Reader;

  [[nodiscard]] bool gone() const;
  bool write(const Answer& answer, const std::optional<Fault>& fault);
  bool write_piece(std::string_view piece, const std::optional<Fault>& fault, std::size_t& written);
  bool send(std::string_view bytes) const;

  int socket_;
  std::function<bool()> stopping_;
  std::unique_ptr<Reader> reader_;
  std::string api_version_ = "1.41";
  std::string server_ = "Docker/20.10.24 (linux)";
};

}  // namespace cattle::support
