// SPDX-License-Identifier: Apache-2.0
#include "docker-client/http/url.hpp"
#include "tests/support/fake_server_state.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <algorithm>
#include <sstream>

namespace cattle::support {
namespace asio = boost::asio;
namespace http = boost::beast::http;
using nlohmann::json;
using State = FakeServer::State;

namespace {

std::string unescape(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      result += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      result += text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

ServerRequest recorded(const http::request<http::string_body>& message) {
  ServerRequest request;
  request.at = std::chrono::steady_clock::now();
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  request.body = message.body();
  for (const auto& field : message) {
    std::string name(field.name_string());
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    request.headers.emplace(std::move(name), std::string(field.value()));
  }
  // A proxy passes requests on in absolute form.
  std::string target = request.target;
  if (const auto url = cattle::http::parse_url(target))
    target = url->path + (url->query.empty() ? "" : "?" + url->query);
  const auto mark = target.find('?');
  request.path = target.substr(0, mark);
  std::istringstream pairs(mark == std::string::npos ? "" : target.substr(mark + 1));
  for (std::string pair; std::getline(pairs, pair, '&');) {
    const auto equals = pair.find('=');
    request.query.emplace_back(unescape(pair.substr(0, equals)),
                               equals == std::string::npos ? "" : unescape(pair.substr(equals + 1)));
  }
  return request;
}

ServerAnswer error_answer(int status, const std::string& code) {
  return {status, json({{"type", "error"}, {"status", status}, {"code", code}, {"message", code}}).dump()};
}

/// As cattle judges a publish (protocol 3.1, 3.2).
ServerAnswer judge_publish(State& state, const std::string& body) {
  const json reply = json::parse(body, nullptr, false);
  if (!reply.is_object()) return error_answer(400, "InvalidBodyContent");
  for (const char* key : {"id", "name", "previousIds", "publisher", "time", "transitioning"})
    if (reply.contains(key) && reply.at(key).is_null()) return error_answer(422, "NotNullable");
  if (!reply.contains("name") || !reply.at("name").is_string()) return error_answer(422, "MissingRequired");
  if (reply.contains("data") && !reply.at("data").is_object()) return error_answer(422, "InvalidFormat");
  if (!reply.at("name").get<std::string>().starts_with("reply.")) return error_answer(403, "Forbidden");
  state.change([&] { state.replies.push_back(reply); });
  return {201, body};
}

ServerAnswer judge(State& state, const ServerRequest& request, bool upgrade) {
  const bool publish = request.method == "POST" &&
                       (request.path.ends_with("/publish") || request.path.ends_with("/publishes"));
  if (auto scripted = state.take_answer(request.path)) {
    if (publish && scripted->kind == ServerAnswer::Kind::answer && scripted->status / 100 == 2) {
      const auto delay = scripted->delay;
      *scripted = judge_publish(state, request.body);
      scripted->delay = delay;
    }
    return *scripted;
  }
  const auto& options = state.options;
  if (options.check_credentials &&
      request.header("authorization") != basic_credentials(options.access_key, options.secret_key))
    return error_answer(401, "Unauthorized");
  if (publish) return judge_publish(state, request.body);
  if (request.path.ends_with("/subscribe"))
    return upgrade ? ServerAnswer{101, ""} : ServerAnswer{200, R"({"type":"collection","data":[]})"};
  if (request.path.find("/configcontent/") != std::string::npos && request.method != "GET") return {200, ""};
  return error_answer(404, "NotFound");
}

asio::awaitable<void> pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> respond(std::shared_ptr<State::Socket> socket, ServerAnswer answer, unsigned version,
                              bool keep) {
  http::response<http::string_body> response(static_cast<http::status>(answer.status), version);
  response.set(http::field::content_type, "application/json");
  for (const auto& [name, value] : answer.headers) response.set(name, value);
  response.body() = answer.body;
  response.keep_alive(keep);
  response.prepare_payload();
  const bool endless = answer.kind == ServerAnswer::Kind::endless;
  if (endless) response.content_length(answer.body.size() + 1);
  co_await http::async_write(*socket, response, asio::use_awaitable);
  if (endless) co_await pause(std::chrono::hours(1));
}

/// The request again as text, for the WebSocket layer: it reads it as if it had just come.
std::string head_of(const http::request<http::string_body>& message) {
  std::ostringstream head;
  head << message.base();
  return head.str();
}

asio::awaitable<void> serve(State& state, std::shared_ptr<State::Socket> socket) {
  boost::beast::flat_buffer buffer;
  const unsigned number = state.connections++;
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    parser.header_limit(16 * 1024);  // As the real server's.
    co_await http::async_read(*socket, buffer, parser, asio::use_awaitable);
    const auto& message = parser.get();
    const ServerRequest request = recorded(message);
    const bool upgrade = boost::beast::websocket::is_upgrade(message);
    state.change([&] { state.requests.push_back(request); });
    if (number < state.ignored) co_await pause(std::chrono::hours(1));
    const ServerAnswer answer = judge(state, request, upgrade);
    if (answer.delay.count() > 0) co_await pause(answer.delay);
    if (answer.kind == ServerAnswer::Kind::hang) co_await pause(std::chrono::hours(1));
    if (answer.kind == ServerAnswer::Kind::drop) break;
    if (upgrade && answer.status == 101) {
      const std::size_t early = buffer.size() + socket->available();
      state.change([&] { state.early_bytes += early; });
      co_await serve_subscription(state, socket, head_of(message), answer.headers);
      break;
    }
    const bool keep = message.keep_alive() && answer.status / 100 == 2;
    co_await respond(socket, answer, message.version(), keep);
    if (!keep) break;
  }
  boost::system::error_code ignored;
  socket->shutdown(asio::socket_base::shutdown_both, ignored);
  socket->close(ignored);
}

}  // namespace

asio::awaitable<void> accept_plain(State& state, std::shared_ptr<State::Acceptor> acceptor) {
  while (acceptor->is_open()) {
    auto socket = std::make_shared<State::Socket>(co_await acceptor->async_accept(asio::use_awaitable));
    socket->set_option(asio::ip::tcp::no_delay(true));
    state.sockets.remove_if([](const auto& entry) { return entry.expired(); });
    state.sockets.emplace_back(socket);
    asio::co_spawn(state.io, serve(state, std::move(socket)), asio::detached);
  }
}

}  // namespace cattle::support
