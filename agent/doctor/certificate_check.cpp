// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/certificate_check.hpp"

#include "agent/doctor/state_files.hpp"
#include "cattle/subscriber/connection.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/http.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>

namespace cattle::agent::doctor {
namespace {

struct Fault {
  int error = X509_V_OK;
  std::string subject;  ///< Of the certificate that it is about.
  std::string issuer;
  bool is_only_one = false;  ///< The server sent no other.
  bool names_issuer =
      false;  ///< It says where its issuer's certificate can be had, as those under public CAs do.
  bool client_is_asked = false;  ///< For a certificate of its own.
};

template <typename Type, auto Free>
using Owned = std::unique_ptr<Type, std::integral_constant<decltype(Free), Free>>;
using Context = Owned<SSL_CTX, &SSL_CTX_free>;
using Bio = Owned<BIO, &BIO_free_all>;

std::string text_of(const X509_NAME* name) {
  const Bio sink(BIO_new(BIO_s_mem()));
  if (name == nullptr || X509_NAME_print_ex(sink.get(), name, 0, XN_FLAG_ONELINE) < 0) return "?";
  char* text = nullptr;
  const auto length = BIO_get_mem_data(sink.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

int fault_slot() {
  static const int slot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

/// Notes the fault that ends the handshake.
int note_fault(int good, X509_STORE_CTX* verification) {
  if (good == 1) return 1;
  const auto* connection =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* fault = static_cast<Fault*>(SSL_get_ex_data(connection, fault_slot()));
  const auto* certificate = X509_STORE_CTX_get_current_cert(verification);
  const auto* sent = X509_STORE_CTX_get0_untrusted(verification);
  fault->error = X509_STORE_CTX_get_error(verification);
  fault->subject = certificate == nullptr ? "?" : text_of(X509_get_subject_name(certificate));
  fault->issuer = certificate == nullptr ? "?" : text_of(X509_get_issuer_name(certificate));
  fault->is_only_one = sent == nullptr || sk_X509_num(sent) <= 1;
  fault->names_issuer = certificate != nullptr && X509_get_ext_by_NID(certificate, NID_info_access, -1) >= 0;
  return 0;
}

/// The agent has none.
int note_request(SSL* connection, X509** /*certificate*/, EVP_PKEY** /*key*/) {
  static_cast<Fault*>(SSL_get_ex_data(connection, fault_slot()))->client_is_asked = true;
  return 0;
}

/// Those that hold a certificate: the others vouch for nothing, whatever they are.
std::vector<std::string> existing(const std::vector<std::string>& files) {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& file : files) {
    if (std::filesystem::exists(file, error) && is_usable_ca(file)) found.push_back(file);
  }
  return found;
}

Context make_context(const TlsTarget& target) {
  Context context(SSL_CTX_new(TLS_client_method()));
  if (target.ca_file.empty()) {
    // The directory alone: of a file that SSL_CERT_FILE names, OpenSSL does not ask what it is.
    SSL_CTX_set_default_verify_dir(context.get());
  } else if (is_usable_ca(target.ca_file)) {
    SSL_CTX_load_verify_file(context.get(), target.ca_file.c_str());
  }
  for (const auto& file : existing(target.extra_ca_files))
    SSL_CTX_load_verify_file(context.get(), file.c_str());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, &note_fault);
  SSL_CTX_set_client_cert_cb(context.get(), &note_request);
  return context;
}

Bio connect(const TlsTarget& target) {
  const bool proxied = !target.proxy_host.empty();
  const auto& host = proxied ? target.proxy_host : target.host;
  const auto address = (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
                       (proxied ? target.proxy_port : target.port);
  Bio connection(BIO_new_connect(address.c_str()));
  if (BIO_do_connect_retry(connection.get(), static_cast<int>(target.timeout.count()), 0) != 1)
    return nullptr;
  if (proxied &&
      OSSL_HTTP_proxy_connect(connection.get(), target.host.c_str(), target.port.c_str(), nullptr, nullptr,
                              static_cast<int>(target.timeout.count()), nullptr, nullptr) != 1) {
    return nullptr;
  }
  return connection;
}

bool is_address(const std::string& host) {
  return host.find_first_not_of("0123456789.") == std::string::npos || host.find(':') != std::string::npos;
}

void expect_name(SSL* connection, const std::string& host) {
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host.c_str());
  } else {
    // SSL_set_tlsext_host_name() without its cast.
    SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(host.c_str()));
    SSL_set1_host(connection, host.c_str());
  }
}

/// A store that somebody made for a few servers of theirs, not one of all public CAs.
bool is_private_store(const std::string& file) {
  constexpr int kFew = 10;
  int count = 0;
  std::ifstream lines(file);
  for (std::string line; count <= kFew && std::getline(lines, line);) {
    if (line.starts_with("-----BEGIN ")) ++count;
  }
  return count > 0 && count <= kFew;
}

/// With only its own certificate sent, a missing intermediate and a root that nobody trusts look alike. What
/// tells them apart: a certificate that names its issuer's place, and a CA that somebody stored for this
/// server.
bool misses_intermediate(const Fault& fault, const TlsTarget& target) {
  if (!fault.is_only_one) return false;
  return fault.names_issuer || !existing(target.extra_ca_files).empty() || is_private_store(target.ca_file);
}

Finding unknown_issuer(const Fault& fault, const TlsTarget& target) {
  if (misses_intermediate(fault, target)) {
    return {
        Cause::certificate_chain,
        "the server does not send the intermediate certificate of " + fault.issuer + ", which issued its own",
        "let the server send its chain: own certificate first, then each intermediate (if there is none, the "
        "CA stored on this host is another one)"};
  }
  return {Cause::certificate_unknown, "the CA " + fault.issuer + " is not trusted on this host",
          "store that CA's certificate as /var/lib/rancher/etc/ssl/ca.crt (if it is an intermediate of a "
          "known CA, let the server send it)"};
}

Finding finding_of(const Fault& fault, const TlsTarget& target) {
  switch (fault.error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {Cause::certificate_expired,
              "the certificate " + fault.subject + " has expired, by this host's clock",
              "renew it on the server; check this host's clock"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {Cause::certificate_early,
              "the certificate " + fault.subject + " is not yet valid, by this host's clock",
              "check this host's clock; else renew the certificate on the server"};
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return {Cause::certificate_name,
              "the server's certificate " + fault.subject + " is not for " + target.host,
              "use a name that the certificate holds, or issue it for " + target.host};
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return unknown_issuer(fault, target);
    default:
      return {Cause::tls, "certificate " + fault.subject + ": " + X509_verify_cert_error_string(fault.error),
              "let the server send a certificate without that fault: renew it, or its CA's"};
  }
}

Finding no_client_certificate(const TlsTarget& target) {
  return {Cause::tls, target.host + " asks for a certificate of the client, and the agent has none",
          "let the server, or the load balancer in front of it, ask agents for none"};
}

/// OpenSSL's own word, to stand behind ours.
std::string last_error() {
  const auto code = ERR_peek_last_error();
  if (code == 0) return {};
  constexpr std::size_t kLongest = 256;
  std::array<char, kLongest> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return std::string(": ") + text.data();
}

struct Handshake {
  bool connected = false;
  bool done = false;
  Fault fault;         ///< Of the certificate, where it is why it was not done.
  std::string detail;  ///< OpenSSL's word on anything else.
};

Handshake shake_hands(const TlsTarget& target) {
  // OpenSSL writes to its socket as to a file: a peer that has closed it would end the program.
  std::signal(SIGPIPE, SIG_IGN);
  Handshake result;
  auto transport = connect(target);
  if (!transport) return result;
  result.connected = true;
  const auto context = make_context(target);
  // The filter BIO owns its SSL, the chain of both is freed as one.
  BIO* filter = BIO_new_ssl(context.get(), 1);
  const Bio connection(BIO_push(filter, transport.release()));
  SSL* session = nullptr;
  BIO_get_ssl(filter, &session);
  SSL_set_ex_data(session, fault_slot(), &result.fault);
  expect_name(session, target.host);
  const auto deadline = std::time(nullptr) + target.timeout.count();
  ERR_clear_error();
  while (BIO_do_handshake(filter) != 1) {
    if (result.fault.error != X509_V_OK) return result;
    if (!BIO_should_retry(filter) || BIO_wait(filter, deadline, 0) != 1) {
      result.detail = last_error();
      return result;
    }
  }
  result.done = true;
  return result;
}

}  // namespace

TlsTarget tls_target(const http::Url& server, const std::string& proxy, const std::string& no_proxy) {
  TlsTarget target;
  target.host = server.host;
  target.port = server.port;
  const auto through = http::parse_url(proxy);
  if (through && !subscriber::bypasses_proxy(no_proxy, server.host, server.port)) {
    target.proxy_host = through->host;
    target.proxy_port = through->port;
  }
  return target;
}

Findings check_certificate(const TlsTarget& target) {
  const auto handshake = shake_hands(target);
  if (!handshake.connected || handshake.done) return {};
  if (handshake.fault.error != X509_V_OK) return {finding_of(handshake.fault, target)};
  if (handshake.fault.client_is_asked) return {no_client_certificate(target)};
  return {{Cause::tls, "the TLS handshake with " + target.host + " fails" + handshake.detail,
           "check that the port speaks TLS 1.2 or newer, and what stands between"}};
}

std::optional<Finding> check_client_certificate(const TlsTarget& target) {
  return shake_hands(target).fault.client_is_asked ? std::optional(no_client_certificate(target))
                                                   : std::nullopt;
}

bool speaks_tls(const TlsTarget& target) {
  const auto handshake = shake_hands(target);
  return handshake.done || handshake.fault.error != X509_V_OK;
}

}  // namespace cattle::agent::doctor
