// SPDX-License-Identifier: Apache-2.0
#include "subscriber/connector.hpp"

#include "docker-client/http/client.hpp"
#include "subscriber/quiet.hpp"
#include "subscriber/tls_context.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>

namespace cattle::subscriber {
namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using Endpoints = std::vector<tcp::endpoint>;

Outage failed(Step step, std::string detail) {
  Outage outage;
  outage.step = step;
  outage.detail = std::move(detail);
  return outage;
}

Outage refused(Step step, std::string detail) {
  Outage outage = failed(step, std::move(detail));
  outage.refusal = true;
  return outage;
}

std::string place(const std::string& host, const std::string& port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
}

/// By OpenSSL itself and not by a callback, which could not say why it refuses.
bool expect_certificate_for(const std::string& host, bool is_address, SSL* tls) {
  X509_VERIFY_PARAM* expected = SSL_get0_param(tls);
  return (is_address ? X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str())
                     : X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size())) == 1;
}

std::string certificate_fault(long verdict, const std::string& host) {
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)
    return "it is not for " + host;
  return X509_verify_cert_error_string(verdict);
}

}  // namespace

std::string reason(const Link& link, const error_code& error) {
  return link.timed_out() ? "no answer in time" : error.message();
}

asio::awaitable<std::optional<Outage>> Connector::connect(std::shared_ptr<Link> link,
                                                          const Address& address) {
  const std::string& host = address.proxy ? address.proxy->host : address.host;
  const std::string& port = address.proxy ? address.proxy->port : address.port;
  Endpoints endpoints;
  auto outage = co_await find(link, host, port, endpoints);
  if (!outage) outage = co_await open_tcp(*link, place(host, port), endpoints);
  if (!outage && address.proxy) outage = co_await open_tunnel(*link, address);
  if (!outage && address.tls) outage = co_await open_tls(*link, address);
  co_return outage;
}

asio::awaitable<std::optional<Outage>> Connector::find(std::shared_ptr<Link> link, const std::string& host,
                                                       const std::string& port, Endpoints& endpoints) {
  link->answer().expires_after(options_.resolve_timeout);
  lookup_.ask(host, [link] { asio::post(link->get_executor(), [link] { link->answer().cancel(); }); });
  co_await link->answer().async_wait(kQuiet);
  lookup_.forget();
  const auto answer = lookup_.answer();
  if (!answer) co_return failed(Step::resolve, "looking up " + host + ": no answer in time");
  if (!answer->error.empty()) co_return failed(Step::resolve, "looking up " + host + ": " + answer->error);
  for (const auto& text : answer->addresses) {
    error_code error;
    const auto found = asio::ip::make_address(text, error);
    if (!error) endpoints.emplace_back(found, static_cast<std::uint16_t>(std::stoul(port)));
  }
  co_return std::nullopt;
}

asio::awaitable<std::optional<Outage>> Connector::open_tcp(Link& link, const std::string& peer,
                                                           const Endpoints& endpoints) {
  // One address that answers nothing must not use up the time of the next.
  const auto share = options_.connect_timeout / std::max<std::size_t>(endpoints.size(), 1);
  std::string detail = "no address";
  for (const auto& endpoint : endpoints) {
    if (link.closed()) break;
    link.set_deadline(share);
    const auto [error] = co_await link.socket().async_connect(endpoint, kQuiet);
    if (!error) {
      link.clear_deadline();
      co_return std::nullopt;
    }
    detail = reason(link, error);
    error_code ignored;
    link.socket().close(ignored);
  }
  link.clear_deadline();
  co_return failed(Step::connect, "connecting to " + peer + ": " + detail);
}

asio::awaitable<std::optional<Outage>> Connector::open_tunnel(Link& link, const Address& address) {
  const std::string target = place(address.host, address.port);
  beast_http::request<beast_http::empty_body> request(beast_http::verb::connect, target, 11);
  request.set(beast_http::field::host, target);
  if (!address.proxy->authorization.empty())
    request.set(beast_http::field::proxy_authorization, address.proxy->authorization.reveal());

  link.set_deadline(options_.connect_timeout);
  auto [error, size] = co_await beast_http::async_write(link, request, kQuiet);
  boost::beast::flat_buffer buffer;
  beast_http::response_parser<beast_http::empty_body> parser;
  parser.skip(true);
  if (!error) std::tie(error, size) = co_await beast_http::async_read_header(link, buffer, parser, kQuiet);
  if (error) co_return failed(Step::proxy, "the proxy: " + reason(link, error));
  link.clear_deadline();
  const auto& answer = parser.get();
  if (answer.result_int() / 100 == 2) co_return std::nullopt;
  co_return refused(Step::proxy, "the proxy refused " + target + ": HTTP " +
                                     std::to_string(answer.result_int()) + " " +
                                     std::string(answer.reason()));
}

asio::awaitable<std::optional<Outage>> Connector::open_tls(Link& link, const Address& address) {
  try {
    if (!context_) context_.emplace(make_tls_context(options_.connection));
  } catch (const boost::system::system_error& error) {
    co_return refused(Step::tls, "reading the certificate authorities: " + error.code().message());
  } catch (const http::TransportError& error) {
    co_return refused(Step::tls, error.what());
  }
  auto& tls = link.add_tls(*context_);
  error_code not_numeric;
  (void)asio::ip::make_address(address.host, not_numeric);
  // RFC 6066: the server's name is sent for names alone, never for addresses.
  if (not_numeric) {
    std::string name = address.host;
    SSL_ctrl(tls.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  }
  if (!expect_certificate_for(address.host, !not_numeric, tls.native_handle()))
    co_return refused(Step::tls, "no certificate can be for " + address.host);

  link.set_deadline(options_.tls_timeout);
  const auto [error] = co_await tls.async_handshake(asio::ssl::stream_base::client, kQuiet);
  if (!error) {
    link.clear_deadline();
    co_return std::nullopt;
  }
  std::string detail = reason(link, error);
  if (const long verdict = SSL_get_verify_result(tls.native_handle()); verdict != X509_V_OK) {
    detail = "its certificate was refused: " + certificate_fault(verdict, address.host);
    context_
        .reset();  // The authority may be stored before the next attempt; the session holds on to its own.
  }
  auto outage = failed(Step::tls, "TLS with " + address.authority + ": " + detail);
  outage.refusal = error.category() == asio::error::get_ssl_category();  // Not a link that broke.
  co_return outage;
}

}  // namespace cattle::subscriber
