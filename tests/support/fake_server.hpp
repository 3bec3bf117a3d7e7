// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cattle::support {

/// One HTTP request as the server read it, upgrades included.
struct ServerRequest {
  std::string method;
  std::string target;                                      ///< As sent, escapes and all.
  std::string path;                                        ///< Target up to '?'.
  std::vector<std::pair<std::string, std::string>> query;  ///< Unescaped, in order.
  std::map<std::string, std::string> headers;              ///< Names in lower case.
  std::string body;
  std::chrono::steady_clock::time_point at;

  [[nodiscard]] std::vector<std::string> values(const std::string& parameter) const;
  [[nodiscard]] std::string header(const std::string& name) const;  ///< Empty when it is not there.
};

/// How to answer; for an upgrade, status 101 accepts it.
struct ServerAnswer {
  enum class Kind : std::uint8_t { answer, hang, drop, endless };
  using Headers = std::vector<std::pair<std::string, std::string>>;
  int status = 200;
  std::string body = {};
  Headers headers = {};
  std::chrono::milliseconds delay{0};  ///< Before the answer.
  Kind kind = Kind::answer;            ///< hang: no answer until stop(); drop: closed without an answer;
                                       ///< endless: an answer whose last byte never comes.
};

struct FakeServerOptions {
  std::string certificate_file;  ///< https and wss when given (TestCa makes them).
  std::string key_file;
  std::string access_key = "key";
  std::string secret_key = "secret";  ///< Requests with other credentials are answered 401.
  bool check_credentials = true;
  bool insists_on_client_certificate = false;
};

/// A scriptable stand-in for a cattle server on a port that the kernel chose:
/// /<version>[/projects/<id>]/subscribe,
/// /<version>/publish, PUT /<version>/configcontent/<item>; anything else is 404 unless answer() says
/// otherwise. It has no processes: tests send the events that they want. Safe to use from any thread.
class FakeServer {
 public:
  using Timeout = std::chrono::milliseconds;

  explicit FakeServer(FakeServerOptions options = {});
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  [[nodiscard]] std::string url(const std::string& path = "/v1", const std::string& host = "127.0.0.1") const;
  [[nodiscard]] std::uint16_t port() const;
  void stop();   ///< Closes every connection and refuses new ones.
  void start();  ///< Listens again, on the same port.

  // What is answered
  /// For the next `times` requests whose path ends in `path_end` (negative: all from now on, replacing
  /// earlier such).
  /// "/subscribe" with status 101 accepts (late, with a delay).
  void answer(const std::string& path_end, ServerAnswer answer, int times = -1);
  void forget_answers();
  /// What comes on the connections that are open now is answered no more; a new connection is.
  void ignore_open_connections();

  // Subscriptions; all sends go to every open one
  void send(const std::string& text);
  void send(const char* text) { send(std::string(text)); }
  void send(const nlohmann::json& event) { send(event.dump()); }
  void send_binary(const std::string& bytes);
  /// One message in continuation frames of `piece` bytes, with a ping frame between them where asked for.
  void send_fragmented(const std::string& text, std::size_t piece, bool ping_between = false);
  void send_ping(const std::string& payload);
  void send_raw(const std::string& bytes);           ///< As they are, behind the WebSocket layer's back.
  void keep_alive(std::chrono::milliseconds every);  ///< The server's ping event on each; zero ends it.
  void freeze();                                     ///< Open sockets neither read nor write any more.
  void cut();                                        ///< Closes the sockets without a close frame.
  void close(std::uint16_t code = 1000, const std::string& reason = "");

  [[nodiscard]] std::size_t subscribed() const;  ///< Accepted so far.
  [[nodiscard]] std::size_t open() const;        ///< Open now.
  [[nodiscard]] std::size_t most_open() const;   ///< At any one time.
  [[nodiscard]] std::size_t pings() const;       ///< Ping frames from clients.
  [[nodiscard]] std::vector<std::string> pongs() const;
  [[nodiscard]] std::vector<std::uint16_t> close_codes() const;  ///< Of close frames from clients.
  [[nodiscard]] std::size_t early_bytes() const;  ///< That came after a request and before its 101.

  // What came in
  [[nodiscard]] std::vector<ServerRequest> requests(const std::string& path_end = "") const;
  /// Bodies of publishes that were answered 2xx, in order.
  [[nodiscard]] std::vector<nlohmann::json> replies() const;
  /// Accepted replies to the event with that id, progress included.
  [[nodiscard]] std::vector<nlohmann::json> replies_to(const std::string& event_id) const;
  /// Progress excluded; costs no copies.
  [[nodiscard]] std::size_t count_final_replies_to(const std::string& event_id) const;

  // Waiting: false or nullopt when it did not happen in time
  [[nodiscard]] bool wait_subscribed(std::size_t count, Timeout timeout = Timeout(10'000)) const;
  [[nodiscard]] bool wait_requests(const std::string& path_end, std::size_t count,
                                   Timeout timeout = Timeout(10'000)) const;
  /// The final reply to that event.
  [[nodiscard]] std::optional<nlohmann::json> wait_reply(const std::string& event_id,
                                                         Timeout timeout = Timeout(10'000)) const;
  [[nodiscard]] bool wait_replies(std::size_t count, Timeout timeout = Timeout(10'000)) const;

  struct State;  ///< Private to the implementation's files.

 private:
  std::unique_ptr<State> state_;
};

/// An HTTP proxy: CONNECT, and plain requests in absolute form. Recorded by request line.
class FakeProxy {
 public:
  /// With a user, requests without these credentials are answered 407.
  explicit FakeProxy(const std::string& user = "", const std::string& password = "");
  ~FakeProxy();
  FakeProxy(const FakeProxy&) = delete;
  FakeProxy& operator=(const FakeProxy&) = delete;

  [[nodiscard]] std::string url() const;  ///< Without credentials.
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::vector<std::string> request_lines() const;
  /// All that went through or was refused; bytes of tunnels excluded.
  [[nodiscard]] std::vector<std::string> heads() const;
  void refuse(int status);  ///< Every CONNECT from now on; 0 ends it.

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace cattle::support
