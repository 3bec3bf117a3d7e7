// SPDX-License-Identifier: Apache-2.0
#include "docker-client/http/client.hpp"

#include "docker-client/http/ca_bundle.hpp"
#include "docker-client/http/handle.hpp"
#include "docker-client/http/transfer.hpp"
#include "docker-client/http/url.hpp"

#include <curl/curl.h>

#include <memory>
#include <mutex>
#include <new>
#include <optional>

namespace cattle::http {

const std::string* Response::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return &value;
  }
  return nullptr;
}

struct Client::Impl {
  explicit Impl(ClientOptions given) : options(std::move(given)) {}

  std::unique_ptr<Handle> borrow() {
    std::shared_ptr<const CaBundle> now;
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        std::unique_ptr<Handle> handle = std::move(idle.back());
        idle.pop_back();
        return handle;
      }
      if (!bundle) bundle = std::make_shared<const CaBundle>(trusted());
      now = bundle;
    }
    return std::make_unique<Handle>(options, std::move(now));
  }

  [[nodiscard]] CaBundle trusted() const {
    if (!options.verify_peer || options.base_url.rfind("https:", 0) != 0) return {};
    return find_ca_bundle(options.ca_file, options.extra_ca_files);
  }

  void give_back(std::unique_ptr<Handle> handle) {
    const std::lock_guard lock(mutex);
    if (idle.size() < options.idle_connections) idle.push_back(std::move(handle));
  }

  /// The authority of a peer that was refused may be stored before the next request.
  void forget_authorities() {
    const std::lock_guard lock(mutex);
    bundle.reset();
    idle.clear();
  }

  Response run(const Request& request, const StreamSink* sink, const std::stop_token& stop) {
    if (Impl* there = moved()) return there->run(request, sink, stop);
    Response response = ask(request, sink, stop);
    Impl* there = follow(response);
    return there != nullptr ? there->run(request, sink, stop) : response;
  }

  Response ask(const Request& request, const StreamSink* sink, const std::stop_token& stop) {
    std::unique_ptr<Handle> handle = borrow();
    Transfer transfer(options, request, sink);
    Response response;
    try {
      response = transfer.run(*handle, request.fresh_connection, stop);
    } catch (const TransportError& error) {
      if (error.kind() == TransportError::Kind::tls) forget_authorities();
      if (!transfer.may_repeat()) throw;
      response = transfer.run(*handle, true, stop);
    }
    give_back(std::move(handle));
    return response;
  }

  Impl* moved() {
    const std::lock_guard lock(mutex);
    return secure.get();
  }

  /// nullptr where a redirect is none, or none to follow.
  Impl* follow(const Response& response) {
    if (!options.follow_to_https || response.status / 100 != 3) return nullptr;
    const std::string* location = response.header("location");
    const auto here = parse_url(options.base_url);
    const auto there = location == nullptr ? std::nullopt : parse_url(*location);
    if (!here || !there || here->scheme != "http" || there->scheme != "https" || there->host != here->host)
      return nullptr;
    ClientOptions next = options;
    next.base_url = there->origin() + (here->path == "/" ? "" : here->path);
    next.follow_to_https = false;
    const std::lock_guard lock(mutex);
    if (!secure) secure = std::make_unique<Impl>(std::move(next));
    return secure.get();
  }

  const ClientOptions options;
  std::mutex mutex;
  std::unique_ptr<Impl> secure;            ///< The same peer by https, once it has sent us there; stays.
  std::shared_ptr<const CaBundle> bundle;  ///< Null until a handle needs it.
  std::vector<std::unique_ptr<Handle>> idle;
};

Client::Client(ClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Client::~Client() = default;

Response Client::send(const Request& request, const std::stop_token& stop) const {
  return impl_->run(request, nullptr, stop);
}

Response Client::stream(const Request& request, const StreamSink& sink, const std::stop_token& stop) const {
  return impl_->run(request, &sink, stop);
}

std::string escape(std::string_view text) {
  // curl_easy_escape takes a length of 0 as "up to the terminator".
  if (text.empty()) return {};
  char* escaped = curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size()));
  if (escaped == nullptr) throw std::bad_alloc();
  std::string result(escaped);
  curl_free(escaped);
  return result;
}

Library::Library() {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::bad_alloc();
}

Library::~Library() {
  curl_global_cleanup();
}

}  // namespace cattle::http
