// SPDX-License-Identifier: Apache-2.0
#include "lab/http_server.hpp"

#include "lab/session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <algorithm>

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using HttpRequest = Session::HttpRequest;
using HttpResponse = http::response<http::string_body>;

constexpr std::uint64_t kBodyLimit = 64U << 20U;
constexpr std::uint32_t kHeaderLimit = 16U << 10U;  // As the real server's Jetty.

bool read_request(const HttpRequest& from, const std::string& peer, Request& out) {
  out.method = std::string(from.method_string());
  out.body = from.body();
  out.peer = peer;
  for (const auto& field : from) {
    std::string name(field.name_string());
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    out.headers[name] = std::string(field.value());
  }
  const std::string scheme =
      out.header("x-forwarded-proto").empty() ? "http" : out.header("x-forwarded-proto");
  out.base = scheme + "://" + out.header("host");
  return read_target(std::string(from.target()), out);
}

HttpResponse to_beast(Response&& from, const HttpRequest& request) {
  HttpResponse out(static_cast<http::status>(from.status), request.version());
  out.set(http::field::content_type, from.type);
  for (const auto& [name, value] : from.headers) out.set(name, value);
  out.keep_alive(request.keep_alive());
  out.body() = std::move(from.body);
  out.prepare_payload();
  return out;
}

bool wants_subscription(const HttpRequest& upgrade, const Request& request) {
  return boost::beast::websocket::is_upgrade(upgrade) && request.collection() == "subscribe" &&
         !request.version.empty();
}

}  // namespace

void HttpServer::bind() {
  const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(address_), port_);
  acceptor_.open(endpoint.protocol());
  acceptor_.set_option(asio::socket_base::reuse_address(true));
  acceptor_.bind(endpoint);
}

void HttpServer::listen(const std::string& address, std::uint16_t port) {
  address_ = address;
  port_ = port;
  bind();
  port_ = acceptor_.local_endpoint().port();
  listen_again();
}

void HttpServer::listen_again() {
  acceptor_.listen();
  asio::co_spawn(core_.io, accept(), asio::detached);
}

void HttpServer::leave() {
  close();
  // A client that tries again and again could otherwise be given this very port as its own.
  bind();
}

void HttpServer::close() {
  error_code ignored;
  acceptor_.close(ignored);
  core_.bus.for_each(0, [](Listener& listener) { listener.cut(); });
  for (const auto& weak : connections_) {
    if (const auto socket = weak.lock()) socket->close(ignored);
  }
  connections_.clear();
}

asio::awaitable<void> HttpServer::accept() {
  error_code error;
  while (acceptor_.is_open()) {
    auto socket = std::make_shared<Socket>(core_.io);
    co_await acceptor_.async_accept(*socket, asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) co_return;
    if (error) continue;
    connections_.remove_if([](const auto& weak) { return weak.expired(); });
    connections_.push_back(socket);
    asio::co_spawn(core_.io, serve(socket), asio::detached);
  }
}

asio::awaitable<void> HttpServer::serve(std::shared_ptr<Socket> socket) {
  error_code error;
  socket->set_option(asio::ip::tcp::no_delay(true), error);
  const auto peer = socket->remote_endpoint(error);
  boost::beast::flat_buffer buffer;
  bool more = !error;
  while (more) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(kBodyLimit);
    parser.header_limit(kHeaderLimit);
    co_await http::async_read(*socket, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    HttpRequest message = parser.release();
    Request request;
    Response answer;
    if (!read_request(message, peer.address().to_string(), request)) {
      answer = error_response(400, "InvalidReference", "the request target can't be read");
    } else if (const auto refusal = wants_subscription(message, request)
                                        ? core_.faults.take("refuse", "subscribe")
                                        : std::nullopt) {
      answer = error_response(refusal->status, "LabFault", "refused on demand");
    } else if (wants_subscription(message, request)) {
      auto who = api_.subscribe(request);
      if (auto* audience = std::get_if<Audience>(&who)) {
        const auto session = std::make_shared<Session>(std::move(*socket), std::move(*audience));
        co_return co_await session->run(std::move(message), core_.bus);
      }
      answer = std::get<Response>(std::move(who));
    } else {
      answer = co_await api_.handle(std::move(request));
    }
    const HttpResponse response = to_beast(std::move(answer), message);
    co_await http::async_write(*socket, response, asio::redirect_error(asio::use_awaitable, error));
    more = !error && response.keep_alive();
  }
  socket->shutdown(Socket::shutdown_send, error);
}

}  // namespace cattle::lab
