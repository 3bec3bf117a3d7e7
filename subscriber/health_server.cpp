// SPDX-License-Identifier: Apache-2.0
#include "subscriber/health_server.hpp"

#include "subscriber/quiet.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <stdexcept>
#include <thread>

namespace cattle::subscriber {
namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr std::chrono::seconds kLongestRequest(5);
constexpr std::size_t kMostConnections = 64;
constexpr std::size_t kMostRequest = 8192;

using Request = beast_http::request<beast_http::empty_body>;
using Response = beast_http::response<beast_http::string_body>;

}  // namespace

struct HealthServer::Impl {
  std::function<Verdict()> ask;
  std::size_t connections = 0;  ///< Network thread only.
  std::jthread thread;
  asio::io_context io{1};

  [[nodiscard]] Response respond(const Request& request) const {
    Response response(beast_http::status::not_found, request.version());
    response.set(beast_http::field::content_type, "text/plain");
    response.body() = "not found\n";
    const bool asks = request.method() == beast_http::verb::get || request.method() == beast_http::verb::head;
    const auto target = request.target();
    if (asks && target.substr(0, target.find('?')) == "/healthcheck") {
      const Verdict verdict = ask();
      response.result(verdict.healthy ? beast_http::status::ok : beast_http::status::service_unavailable);
      response.body() = verdict.text + "\n";
    }
    response.keep_alive(false);
    response.prepare_payload();
    if (request.method() == beast_http::verb::head) response.body().clear();
    return response;
  }

  asio::awaitable<void> serve(std::shared_ptr<tcp::socket> socket) {
    const auto limit = std::make_shared<asio::steady_timer>(io, kLongestRequest);
    limit->async_wait([socket](const boost::system::error_code& ended) {
      boost::system::error_code ignored;
      if (!ended) socket->close(ignored);
    });
    boost::beast::flat_buffer buffer(kMostRequest);
    Request request;
    auto [error, size] = co_await beast_http::async_read(*socket, buffer, request, kQuiet);
    if (!error) {
      const Response response = respond(request);
      std::tie(error, size) = co_await beast_http::async_write(*socket, response, kQuiet);
      boost::system::error_code ignored;
      socket->shutdown(tcp::socket::shutdown_send, ignored);
    }
    limit->cancel();
    --connections;
  }

  asio::awaitable<void> accept(tcp::acceptor acceptor) {
    for (;;) {
      auto [error, accepted] = co_await acceptor.async_accept(kQuiet);
      if (error || connections >= kMostConnections) continue;
      ++connections;
      asio::co_spawn(io, serve(std::make_shared<tcp::socket>(std::move(accepted))), asio::detached);
    }
  }
};

namespace {

tcp::acceptor listen(asio::io_context& io, const std::string& address, std::uint16_t port) {
  try {
    return {io, tcp::endpoint(asio::ip::make_address(address), port)};
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error("the health port " + address + ":" + std::to_string(port) +
                             " can't be had: " + error.code().message());
  }
}

}  // namespace

HealthServer::HealthServer(const std::string& address, std::uint16_t port, std::function<Verdict()> ask)
    : impl_(std::make_unique<Impl>()) {
  impl_->ask = std::move(ask);
  tcp::acceptor acceptor = listen(impl_->io, address, port);
  port_ = acceptor.local_endpoint().port();
  asio::co_spawn(impl_->io, impl_->accept(std::move(acceptor)), asio::detached);
  impl_->thread = std::jthread([impl = impl_.get()] { impl->io.run(); });
}

HealthServer::~HealthServer() {
  impl_->io.stop();
  impl_->thread.join();
}

std::uint16_t HealthServer::port() const {
  return port_;
}

}  // namespace cattle::subscriber
