// SPDX-License-Identifier: Apache-2.0
#include "docker-client/http/url.hpp"
#include "tests/support/fake_server_state.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <sstream>

namespace cattle::support {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

/// Both ends and what is needed to end them together.
template <class Left>
struct Pair {
  std::shared_ptr<Left> left;
  std::shared_ptr<tcp::socket> right;

  void close() const {
    boost::system::error_code ignored;
    left->lowest_layer().close(ignored);
    right->close(ignored);
  }
};

template <class From, class To, class Left>
asio::awaitable<void> pass_on(std::shared_ptr<From> from, std::shared_ptr<To> to, Pair<Left> both) {
  std::vector<char> bytes(64UL * 1024);
  for (;;) {
    const auto [error, count] = co_await from->async_read_some(asio::buffer(bytes), kAsTuple);
    if (error) break;
    const auto [write_error, written] =
        co_await asio::async_write(*to, asio::buffer(bytes.data(), count), kAsTuple);
    if (write_error) break;
  }
  both.close();
}

template <class Left>
asio::awaitable<void> join(Pair<Left> both) {
  const auto executor = co_await asio::this_coro::executor;
  asio::co_spawn(executor, pass_on(both.right, both.left, both), asio::detached);
  co_await pass_on(both.left, both.right, both);
}

using TlsStream = asio::ssl::stream<tcp::socket>;

asio::awaitable<void> serve_tls(FakeServer::State& state, tcp::socket accepted,
                                std::shared_ptr<asio::ssl::context> context) {
  auto left = std::make_shared<TlsStream>(std::move(accepted), *context);
  auto right = std::make_shared<tcp::socket>(state.io);
  state.sockets.emplace_back(std::shared_ptr<tcp::socket>(left, &left->next_layer()));
  state.sockets.emplace_back(right);
  const auto [error] = co_await left->async_handshake(asio::ssl::stream_base::server, kAsTuple);
  if (error) co_return;
  const tcp::endpoint plain(asio::ip::make_address("127.0.0.1"), state.plain_port);
  co_await right->async_connect(plain, asio::use_awaitable);
  right->set_option(tcp::no_delay(true));
  // Named, since g++ 12 destroys an aggregate made inside a co_await expression twice.
  const Pair<TlsStream> both{left, right};
  co_await join(both);
}

}  // namespace

asio::awaitable<void> accept_tls(FakeServer::State& state,
                                 std::shared_ptr<FakeServer::State::Acceptor> acceptor) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  context->use_certificate_chain_file(state.options.certificate_file);
  context->use_private_key_file(state.options.key_file, asio::ssl::context::pem);
  if (state.options.insists_on_client_certificate)
    context->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
  while (acceptor->is_open()) {
    tcp::socket accepted = co_await acceptor->async_accept(asio::use_awaitable);
    accepted.set_option(tcp::no_delay(true));
    asio::co_spawn(state.io, serve_tls(state, std::move(accepted), context), asio::detached);
  }
}

struct FakeProxy::State {
  std::string credentials;
  std::uint16_t port = 0;
  mutable std::mutex mutex;
  std::vector<std::string> heads;  ///< Guarded.
  int refusal = 0;                 ///< Guarded.
  std::jthread thread;
  asio::io_context io{1};  ///< Last, as in FakeServer.
};

namespace {

/// Where a request wants to go: the authority of CONNECT, or of the absolute form.
std::pair<std::string, std::string> destination(const std::string& head) {
  std::istringstream line(head);
  std::string method;
  std::string target;
  line >> method >> target;
  const auto url = cattle::http::parse_url(method == "CONNECT" ? "http://" + target : target);
  if (!url) throw std::runtime_error("proxy: odd target " + target);
  return {url->host, url->port};
}

int verdict(FakeProxy::State& state, const std::string& head) {
  const std::lock_guard lock(state.mutex);
  state.heads.push_back(head);
  if (state.refusal != 0 && head.starts_with("CONNECT ")) return state.refusal;
  const bool known = state.credentials.empty() ||
                     head.find("Proxy-Authorization: " + state.credentials + "\r\n") != std::string::npos;
  return known ? 200 : 407;
}

asio::awaitable<void> serve_proxy(FakeProxy::State& state, std::shared_ptr<tcp::socket> left) {
  std::string bytes;
  const std::size_t size =
      co_await asio::async_read_until(*left, asio::dynamic_buffer(bytes), "\r\n\r\n", asio::use_awaitable);
  const std::string head = bytes.substr(0, size);
  if (const int status = verdict(state, head); status != 200) {
    const std::string answer =
        "HTTP/1.1 " + std::to_string(status) +
        " Refused\r\nProxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\n\r\n";
    co_await asio::async_write(*left, asio::buffer(answer), asio::use_awaitable);
    co_return;
  }
  const auto [host, port] = destination(head);
  tcp::resolver resolver(state.io);
  const auto addresses = co_await resolver.async_resolve(host, port, asio::use_awaitable);
  auto right = std::make_shared<tcp::socket>(state.io);
  co_await asio::async_connect(*right, addresses, asio::use_awaitable);
  if (head.starts_with("CONNECT ")) {
    const std::string answer = "HTTP/1.1 200 Connection established\r\n\r\n";
    co_await asio::async_write(*left, asio::buffer(answer), asio::use_awaitable);
    bytes.erase(0, size);
  }
  co_await asio::async_write(*right, asio::buffer(bytes), asio::use_awaitable);
  const Pair<tcp::socket> both{left, right};
  co_await join(both);
}

asio::awaitable<void> accept_proxied(FakeProxy::State& state, tcp::acceptor acceptor) {
  for (;;) {
    auto socket = std::make_shared<tcp::socket>(co_await acceptor.async_accept(asio::use_awaitable));
    asio::co_spawn(state.io, serve_proxy(state, std::move(socket)), asio::detached);
  }
}

}  // namespace

FakeProxy::FakeProxy(const std::string& user, const std::string& password)
    : state_(std::make_unique<State>()) {
  if (!user.empty()) state_->credentials = basic_credentials(user, password);
  tcp::acceptor acceptor(state_->io, {asio::ip::make_address("127.0.0.1"), 0});
  state_->port = acceptor.local_endpoint().port();
  asio::co_spawn(state_->io, accept_proxied(*state_, std::move(acceptor)), asio::detached);
  state_->thread = std::jthread([&state = *state_] { state.io.run(); });
}

FakeProxy::~FakeProxy() {
  state_->io.stop();
  state_->thread.join();
}

std::string FakeProxy::url() const {
  return "http://127.0.0.1:" + std::to_string(state_->port);
}
std::uint16_t FakeProxy::port() const {
  return state_->port;
}

std::vector<std::string> FakeProxy::heads() const {
  const std::lock_guard lock(state_->mutex);
  return state_->heads;
}

std::vector<std::string> FakeProxy::request_lines() const {
  std::vector<std::string> lines;
  for (const auto& head : heads()) lines.push_back(head.substr(0, head.find("\r\n")));
  return lines;
}

void FakeProxy::refuse(int status) {
  const std::lock_guard lock(state_->mutex);
  state_->refusal = status;
}

}  // namespace cattle::support
